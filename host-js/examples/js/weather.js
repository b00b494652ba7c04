// Fetches a page from the server that it is granted, and from one that it is not.
import { get } from "host:http";

export async function fetched(url) {
  const response = await get(url);
  return `${response.status} ${new TextDecoder().decode(response.body)}`;
}

export async function refused(url) {
  try {
    return await fetched(url);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return `${error.statusName}`;
  }
}
