//! Which parts of the syntax are types alone.

use oxc_ast::ast::{Declaration, Function, ImportOrExportKind, MethodDefinition, MethodDefinitionType};

/// Returns true if nothing of the declaration is there when the module runs.
pub(crate) fn is_type(declaration: &Declaration<'_>) -> bool {
    match declaration {
        Declaration::TSTypeAliasDeclaration(_)
        | Declaration::TSInterfaceDeclaration(_)
        | Declaration::TSExternalModuleDeclaration(_)
        | Declaration::TSGlobalDeclaration(_) => true,
        Declaration::VariableDeclaration(it) => it.declare,
        Declaration::FunctionDeclaration(it) => is_signature(it),
        Declaration::ClassDeclaration(it) => it.declare,
        Declaration::TSEnumDeclaration(it) => it.declare,
        Declaration::TSNamespaceDeclaration(it) => it.declare,
        Declaration::TSImportEqualsDeclaration(it) => it.import_kind == ImportOrExportKind::Type,
    }
}

/// A declared function, or one of several signatures of a function.
pub(crate) fn is_signature(function: &Function<'_>) -> bool {
    function.declare || function.body.is_none()
}

/// A signature, or a method that a derived class has.
pub(crate) fn is_method_signature(method: &MethodDefinition<'_>) -> bool {
    method.r#type == MethodDefinitionType::TSAbstractMethodDefinition || method.value.body.is_none()
}
