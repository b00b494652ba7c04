/* What the files of this guest share. */
#ifndef GUEST_H
#define GUEST_H

#include "host.h"

hostfn_list_str fixed_failures(void);
bool vector_again(hostfn_str params, hostfn_bytes args, hostfn_bytes *written);

#endif
