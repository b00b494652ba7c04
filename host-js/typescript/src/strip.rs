//! Finds the types. Only syntax that can be left out is accepted, as by `tsc --erasableSyntaxOnly`.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AccessorProperty, AccessorPropertyType, ArrowFunctionExpression, Class, Declaration, Decorator,
    ExportAllDeclaration, ExportDeclaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind,
    ExportFromDeclaration, ExportNamedDeclaration, ExportSpecifier, ExpressionStatement, FormalParameter,
    ImportDeclaration, ImportDeclarationSpecifier, ImportOrExportKind, MethodDefinition, PropertyDefinition,
    PropertyDefinitionType, PropertyKey, ReturnStatement, TSAsExpression, TSClassImplements,
    TSEnumDeclaration, TSExportAssignment, TSImportEqualsDeclaration, TSIndexSignature,
    TSNamespaceDeclaration, TSNamespaceExportDeclaration, TSNonNullExpression, TSSatisfiesExpression,
    TSThisParameter, TSTypeAnnotation, TSTypeAssertion, TSTypeParameterDeclaration,
    TSTypeParameterInstantiation, ThrowStatement, VariableDeclaration, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};

use crate::Wrong;
use crate::blank::Blanked;
use crate::syntax::{is_method_signature, is_signature, is_type};

/// The most problems of one module.
const MOST: usize = 64;

pub(crate) fn strip(source: &str) -> Result<String, Vec<Wrong>> {
    let allocator = Allocator::default();
    let kind = SourceType::ts().with_module(true);
    let parsed = Parser::new(&allocator, source, kind).parse();
    let mut stripper =
        Stripper { out: Blanked::new(source), ends: Vec::new(), casts: Vec::new(), wrong: Vec::new() };
    for diagnostic in &parsed.diagnostics {
        let at = diagnostic.labels.iter().next().map_or(0, |label| label.offset());
        stripper.refuse(u32::try_from(at).unwrap_or(0), &diagnostic.message, "write TypeScript without JSX");
    }
    if stripper.wrong.is_empty() {
        stripper.visit_program(&parsed.program);
    }
    stripper.finish()
}

struct Stripper<'s> {
    out: Blanked<'s>,
    /// Ends of statements that can end without a semicolon.
    ends: Vec<u32>,
    /// `as T` and `satisfies T`: from the end of the expression to that of the type.
    casts: Vec<(u32, u32)>,
    wrong: Vec<(u32, String, &'static str)>,
}

impl Stripper<'_> {
    fn refuse(&mut self, at: u32, what: &str, help: &'static str) {
        if self.wrong.len() < MOST {
            self.wrong.push((at, what.to_owned(), help));
        }
    }

    fn finish(mut self) -> Result<String, Vec<Wrong>> {
        if !self.wrong.is_empty() {
            let place = |(at, what, help): (u32, String, &str)| {
                let (line, column) = self.out.place(at);
                (line, column, what, help.to_owned())
            };
            return Err(self.wrong.into_iter().map(place).collect());
        }
        self.ends.sort_unstable();
        for (from, to) in self.casts {
            // `x as T`, and then `(f)` on the next line: without the type, that would be a call
            if self.ends.binary_search(&to).is_ok() && self.out.would_go_on(to) {
                self.out.put(from, ';');
            }
        }
        Ok(self.out.finish())
    }

    fn blank(&mut self, span: Span) {
        self.out.blank(span.start, span.end);
    }

    /// An empty statement in its place: what stands before it may end without a semicolon.
    fn statement(&mut self, span: Span) {
        self.blank(span);
        self.out.put(span.start, ';');
    }

    fn cast(&mut self, expression: Span, whole: Span) {
        self.out.blank(expression.end, whole.end);
        self.casts.push((expression.end, whole.end));
    }

    /// Removes a `?` or `!` that follows what ends at `at`.
    fn mark(&mut self, at: u32) {
        let at = self.out.skip(at);
        if self.out.text[at as usize..].starts_with(['?', '!']) {
            self.out.blank(at, at + 1);
        }
    }

    fn mark_of_key(&mut self, key: &PropertyKey<'_>, is_computed: bool) {
        let end = key.span().end;
        self.mark(if is_computed { self.out.skip(end) + 1 } else { end });
    }

    /// Removes the words before a member's name that only types have.
    fn modifiers(&mut self, member: Span, decorators: &[Decorator<'_>], key: &PropertyKey<'_>) {
        let start = decorators.last().map_or(member.start, |decorator| decorator.span.end);
        let mut at = self.out.skip(start);
        let first = at;
        while at < key.span().start {
            let word = self.out.word(at);
            #[expect(clippy::cast_possible_truncation, reason = "a word of the language")]
            let end = at + word.len() as u32;
            match word {
                "" => break,
                "public" | "private" | "protected" | "readonly" | "override" | "abstract" | "declare" => {
                    self.out.blank(at, end);
                    if at == first {
                        // what follows, `*` or `[`, must not go on with the member before
                        self.out.put(at, ';');
                    }
                }
                _ => {}
            }
            at = self.out.skip(end);
        }
    }

    /// Removes specifiers `type A` with their commas.
    fn specifiers(&mut self, spans: impl Iterator<Item = (Span, ImportOrExportKind)>) {
        for (span, kind) in spans.filter(|(_, kind)| *kind == ImportOrExportKind::Type) {
            let comma = self.out.skip(span.end);
            let has_comma = self.out.text[comma as usize..].starts_with(',');
            self.out.blank(span.start, if has_comma { comma + 1 } else { span.end });
            debug_assert!(kind == ImportOrExportKind::Type);
        }
    }

    fn exported(&mut self, span: Span, specifiers: &[ExportSpecifier<'_>], kind: ImportOrExportKind) {
        if kind == ImportOrExportKind::Type {
            self.statement(span);
        } else {
            self.specifiers(specifiers.iter().map(|it| (it.span, it.export_kind)));
        }
    }
}

impl<'a> Visit<'a> for Stripper<'_> {
    fn visit_declaration(&mut self, it: &Declaration<'a>) {
        if is_type(it) { self.statement(it.span()) } else { walk::walk_declaration(self, it) }
    }

    fn visit_export_declaration(&mut self, it: &ExportDeclaration<'a>) {
        if is_type(&it.declaration) {
            self.statement(it.span)
        } else {
            walk::walk_export_declaration(self, it)
        }
    }

    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        match &it.declaration {
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => self.statement(it.span),
            ExportDefaultDeclarationKind::FunctionDeclaration(function) if is_signature(function) => {
                self.statement(it.span);
            }
            _ => {
                self.ends.push(it.span.end);
                walk::walk_export_default_declaration(self, it);
            }
        }
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if it.import_kind == ImportOrExportKind::Type {
            return self.statement(it.span);
        }
        let kind = |specifier: &ImportDeclarationSpecifier<'_>| match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(it) => (it.span, it.import_kind),
            other => (other.span(), ImportOrExportKind::Value),
        };
        let specifiers: Vec<_> = it.specifiers.iter().flatten().map(kind).collect();
        let are_types = specifiers.iter().all(|(_, kind)| *kind == ImportOrExportKind::Type);
        if are_types && !specifiers.is_empty() && it.source.value.starts_with("host:") {
            // a module of the host does nothing when it is imported, and `host:contracts` does not exist
            return self.statement(it.span);
        }
        self.specifiers(specifiers.into_iter());
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        self.exported(it.span, &it.specifiers, it.export_kind);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.exported(it.span, &it.specifiers, it.export_kind);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.exported(it.span, &[], it.export_kind);
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        self.ends.push(it.span.end);
        walk::walk_expression_statement(self, it);
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        self.ends.push(it.span.end);
        walk::walk_return_statement(self, it);
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        self.ends.push(it.span.end);
        walk::walk_throw_statement(self, it);
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        self.ends.push(it.span.end);
        walk::walk_variable_declaration(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if it.definite {
            self.mark(it.id.span().end);
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if it.accessibility.is_some() || it.readonly || it.r#override {
            self.refuse(
                it.span.start,
                "a parameter cannot be a property",
                "declare the property, and assign it",
            );
        }
        if it.optional {
            self.mark(it.pattern.span().end);
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_ts_this_parameter(&mut self, it: &TSThisParameter<'a>) {
        let end = it.type_annotation.as_ref().map_or(it.span.end, |ty| ty.span.end);
        let comma = self.out.skip(end);
        let has_comma = self.out.text[comma as usize..].starts_with(',');
        self.out.blank(it.span.start, if has_comma { comma + 1 } else { end });
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        if let Some(types) = &it.type_parameters
            && self.out.has_line_end(types.span.start, it.params.span.start)
        {
            // `async` and `return` end with their line: the parenthesis takes the place of `<`
            self.out.put(types.span.start, '(');
            self.out.blank(it.params.span.start, it.params.span.start + 1);
        }
        if let Some(reply) = &it.return_type
            && self.out.has_line_end(it.params.span.end, reply.span.end)
        {
            // `=>` has to be on the line of the parenthesis
            self.out.blank(it.params.span.end - 1, it.params.span.end);
            self.out.put(reply.span.end - 1, ')');
        }
        walk::walk_arrow_function_expression(self, it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        if it.r#abstract {
            let at = self.out.skip(it.decorators.last().map_or(it.span.start, |last| last.span.end));
            if self.out.word(at) == "abstract" {
                self.out.blank(at, at + 8);
            }
        }
        if let Some(last) = it.implements.last() {
            let id = it.id.as_ref().map(|id| id.span.end);
            let types = it.type_parameters.as_ref().map(|types| types.span.end);
            let heritage = it.heritage.as_ref().map(|heritage| {
                heritage
                    .type_arguments
                    .as_ref()
                    .map_or(heritage.expression.span().end, |types| types.span.end)
            });
            // a class without a name begins with its keyword
            let before = [id, types, heritage].into_iter().flatten().max();
            let from = before.unwrap_or_else(|| {
                let class = self.out.skip(it.span.start);
                let is_abstract = self.out.word(class) == "abstract";
                (if is_abstract { self.out.skip(class + 8) } else { class }) + 5
            });
            self.out.blank(from, last.span.end);
        }
        walk::walk_class(self, it);
    }

    fn visit_ts_class_implements(&mut self, _: &TSClassImplements<'a>) {}

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        if is_method_signature(it) {
            return self.statement(it.span);
        }
        self.modifiers(it.span, &it.decorators, &it.key);
        if it.optional {
            self.mark_of_key(&it.key, it.computed);
        }
        walk::walk_method_definition(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if it.declare || it.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition {
            return self.statement(it.span);
        }
        self.ends.push(it.span.end);
        self.modifiers(it.span, &it.decorators, &it.key);
        if it.optional || it.definite {
            self.mark_of_key(&it.key, it.computed);
        }
        walk::walk_property_definition(self, it);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        if it.r#type == AccessorPropertyType::TSAbstractAccessorProperty {
            return self.statement(it.span);
        }
        self.ends.push(it.span.end);
        self.modifiers(it.span, &it.decorators, &it.key);
        if it.definite {
            self.mark_of_key(&it.key, it.computed);
        }
        walk::walk_accessor_property(self, it);
    }

    fn visit_ts_index_signature(&mut self, it: &TSIndexSignature<'a>) {
        self.statement(it.span);
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_as_expression(&mut self, it: &TSAsExpression<'a>) {
        self.cast(it.expression.span(), it.span);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        self.cast(it.expression.span(), it.span);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_non_null_expression(&mut self, it: &TSNonNullExpression<'a>) {
        self.out.blank(it.span.end - 1, it.span.end);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_type_assertion(&mut self, it: &TSTypeAssertion<'a>) {
        self.refuse(it.span.start, "a type before a value cannot be removed", "write `value as T`");
    }

    fn visit_ts_enum_declaration(&mut self, it: &TSEnumDeclaration<'a>) {
        self.refuse(it.span.start, "an enum cannot be removed", "write a union of strings, or an object");
    }

    fn visit_ts_namespace_declaration(&mut self, it: &TSNamespaceDeclaration<'a>) {
        self.refuse(it.span.start, "a namespace cannot be removed", "write a module of its own");
    }

    fn visit_ts_import_equals_declaration(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        self.refuse(it.span.start, "`import =` is not of ES modules", "write `import ... from`");
    }

    fn visit_ts_export_assignment(&mut self, it: &TSExportAssignment<'a>) {
        self.refuse(it.span.start, "`export =` is not of ES modules", "write `export default`");
    }

    fn visit_ts_namespace_export_declaration(&mut self, it: &TSNamespaceExportDeclaration<'a>) {
        self.statement(it.span);
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.refuse(it.span.start, "decorators are not in this engine", "call the function");
    }
}
