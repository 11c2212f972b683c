//! What the functions of nixpkgs' library do to what is known, as far as
//! declarations are made with them.

use super::interpret::{Data, Interpreter};
use super::types::{Text, Type};
use super::value::{Entry, Rename, Room, Set, State, Thunk, TypeValue, Value, Wrap};
use smol_str::SmolStr;
use std::rc::Rc;

/// Functions and how many arguments they take. A name with a dot is one of a
/// room of the library.
const FUNCTIONS: &[(&str, usize)] = &[
    ("mkOption", 1),
    ("mkEnableOption", 1),
    ("mkPackageOption", 3),
    ("mkPackageOptionMD", 3),
    ("mkSinkUndeclaredOptions", 1),
    ("literalExpression", 1),
    ("literalExample", 1),
    ("literalMD", 1),
    ("mdDoc", 1),
    ("mkIf", 2),
    ("mkMerge", 1),
    ("mkForce", 1),
    ("mkDefault", 1),
    ("mkOptionDefault", 1),
    ("mkOverride", 2),
    ("mkBefore", 1),
    ("mkAfter", 1),
    ("mkOrder", 2),
    ("mkRenamedOptionModule", 2),
    ("mkRenamedOptionModuleWith", 1),
    ("mkAliasOptionModule", 2),
    ("mkAliasOptionModuleMD", 2),
    ("mkRemovedOptionModule", 2),
    ("mkChangedOptionModule", 3),
    ("mkMergedOptionModule", 3),
    ("isOption", 1),
    ("isType", 2),
    ("setType", 2),
    ("optionalAttrs", 2),
    ("optional", 2),
    ("optionals", 2),
    ("optionalString", 2),
    ("mapAttrs", 2),
    ("mapAttrs'", 2),
    ("concatMapAttrs", 2),
    ("mapAttrsToList", 2),
    ("nameValuePair", 2),
    ("listToAttrs", 1),
    ("genAttrs", 2),
    ("genAttrs'", 2),
    ("recursiveUpdate", 2),
    ("filterAttrs", 2),
    ("attrNames", 1),
    ("attrValues", 1),
    ("map", 2),
    ("forEach", 2),
    ("imap0", 2),
    ("imap1", 2),
    ("concatMap", 2),
    ("concatLists", 1),
    ("flatten", 1),
    ("filter", 2),
    ("foldl'", 3),
    ("foldl", 3),
    ("foldr", 3),
    ("fold", 3),
    ("head", 1),
    ("last", 1),
    ("tail", 1),
    ("init", 1),
    ("take", 2),
    ("drop", 2),
    ("sublist", 3),
    ("length", 1),
    ("elem", 2),
    ("elemAt", 2),
    ("any", 2),
    ("all", 2),
    ("range", 2),
    ("genList", 2),
    ("singleton", 1),
    ("toList", 1),
    ("unique", 1),
    ("reverseList", 1),
    ("sort", 2),
    ("hasAttr", 2),
    ("getAttr", 2),
    ("hasAttrByPath", 2),
    ("attrByPath", 3),
    ("getAttrFromPath", 2),
    ("setAttrByPath", 2),
    ("removeAttrs", 2),
    ("intersectAttrs", 2),
    ("mergeAttrs", 2),
    ("mergeAttrsList", 1),
    ("concatStringsSep", 2),
    ("concatStrings", 1),
    ("concatMapStringsSep", 3),
    ("concatMapStrings", 2),
    ("toString", 1),
    ("toUpper", 1),
    ("toLower", 1),
    ("hasPrefix", 2),
    ("hasSuffix", 2),
    ("hasInfix", 2),
    ("removePrefix", 2),
    ("removeSuffix", 2),
    ("splitString", 2),
    ("replaceStrings", 3),
    ("stringLength", 1),
    ("flip", 3),
    ("const", 2),
    ("id", 1),
    ("pipe", 2),
    ("fix", 1),
    ("makeExtensible", 1),
    ("makeOverridable", 2),
    ("callPackageWith", 3),
    ("functionArgs", 1),
    ("isFunction", 1),
    ("isAttrs", 1),
    ("isList", 1),
    ("isString", 1),
    ("isBool", 1),
    ("isInt", 1),
    ("isPath", 1),
    ("isNull", 1),
    ("typeOf", 1),
    ("import", 1),
    ("importApply", 2),
    ("modules.importApply", 2),
    ("setDefaultModuleLocation", 2),
    ("readDir", 1),
    ("throw", 1),
    ("abort", 1),
    ("trace", 2),
    ("traceVal", 1),
    ("seq", 2),
    ("deepSeq", 2),
    ("warn", 2),
    ("warnIf", 3),
    ("warnIfNot", 3),
    ("throwIf", 3),
    ("throwIfNot", 3),
    ("assertMsg", 2),
    ("showOption", 1),
    ("not", 1),
    ("unionOfDisjoint", 2),
    ("baseNameOf", 1),
    ("types.ints.between", 2),
    ("types.numbers.between", 2),
    ("types.strMatching", 1),
    ("types.separatedString", 1),
    ("types.passwdEntry", 1),
    ("types.pathWith", 1),
    ("types.enum", 1),
    ("types.nullOr", 1),
    ("types.listOf", 1),
    ("types.nonEmptyListOf", 1),
    ("types.attrsOf", 1),
    ("types.lazyAttrsOf", 1),
    ("types.attrsWith", 1),
    ("types.loaOf", 1),
    ("types.either", 2),
    ("types.oneOf", 1),
    ("types.coercedTo", 3),
    ("types.functionTo", 1),
    ("types.uniq", 1),
    ("types.unique", 2),
    ("types.addCheck", 2),
    ("types.submodule", 1),
    ("types.submoduleWith", 1),
    ("types.deferredModuleWith", 1),
    ("types.attrTag", 1),
    ("mkOptionType", 1),
    ("types.mkOptionType", 1),
    ("importJSON", 1),
    ("fromJSON", 1),
    ("readFile", 1),
    ("partition", 2),
    ("getSubOptions", 2),
];

/// Names that mean the same without `lib`.
const GLOBALS: &[&str] = &[
    "map",
    "toString",
    "import",
    "throw",
    "abort",
    "removeAttrs",
    "baseNameOf",
    "isNull",
];

fn function(name: &str) -> Option<&'static str> {
    let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
    known.map(|(known, _)| *known)
}

fn int(name: &'static str, least: Option<i64>, greatest: Option<i64>) -> Type {
    Type::Int {
        name: name.into(),
        least,
        greatest,
    }
}

/// A type without arguments.
fn plain(name: &str) -> Option<Type> {
    Some(match name {
        "bool" => Type::Bool,
        "boolByOr" => Type::BoolByOr,
        "int" => int("int", None, None),
        "port" => int("unsignedInt16", Some(0), Some(65_535)),
        "float" => Type::Float,
        "number" => Type::Number("number".into()),
        "str" | "string" => Type::Text(Text::Any),
        "nonEmptyStr" => Type::Text(Text::NonEmpty),
        "singleLineStr" => Type::Text(Text::SingleLine),
        "lines" => Type::Joined("\n".into()),
        "commas" => Type::Joined(",".into()),
        "envVar" => Type::Joined(":".into()),
        "path" => Type::Path,
        "pathInStore" | "externalPath" => Type::SomePath,
        "package" => Type::Package,
        "shellPackage" => Type::Package,
        "attrs" => Type::Attrs,
        "anything" => Type::Anything,
        "unspecified" => Type::Unspecified,
        "raw" => Type::Raw,
        "deferredModule" => Type::DeferredModule,
        "optionType" | "fileset" | "pkgs" | "luaInline" | "optionDeclaration" => {
            Type::Named(name.into())
        }
        _ => return None,
    })
}

fn whole_number(name: &str) -> Option<Type> {
    Some(match name {
        "unsigned" => int("unsignedInt", Some(0), None),
        "positive" => int("positiveInt", Some(1), None),
        "u8" => int("unsignedInt8", Some(0), Some(u8::MAX.into())),
        "u16" => int("unsignedInt16", Some(0), Some(u16::MAX.into())),
        "u32" => int("unsignedInt32", Some(0), Some(u32::MAX.into())),
        "s8" => int("signedInt8", Some(i8::MIN.into()), Some(i8::MAX.into())),
        "s16" => int("signedInt16", Some(i16::MIN.into()), Some(i16::MAX.into())),
        "s32" => int("signedInt32", Some(i32::MIN.into()), Some(i32::MAX.into())),
        _ => return None,
    })
}

/// The types of `pkgs.formats`.
fn format_type(name: &str) -> Option<Value> {
    let value = || Type::Named("nullOr".into());
    let set = |element: Type| Type::AttrsOf {
        element: element.into(),
        lazy: false,
    };
    let ty = match name {
        "json" | "yaml" | "yaml_1_1" | "yaml_1_2" | "cdn" | "pythonVars" | "hocon" => value(),
        "toml" => Type::Named("either".into()),
        "ini" | "iniWithGlobalSection" | "gitIni" | "systemd" => {
            set(set(Type::Named("nullOr".into())))
        }
        "keyValue" | "javaProperties" | "lua" | "php" | "configobj" | "libconfig" | "xml" => {
            set(Type::Named("nullOr".into()))
        }
        _ => return None,
    };
    Some(Value::plain(ty))
}

/// What a JSON file says, as a value.
fn value_of(data: Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(value),
        Data::Int(number) => Value::Int(number),
        Data::Float(number) => Value::Float(number),
        Data::Text(text) => Value::Str(text),
        Data::List(items) => Value::list(items.into_iter().map(value_of)),
        Data::Set(entries) => Set::of(
            entries
                .into_iter()
                .map(|(name, value)| (name, Thunk::done(value_of(value)))),
        ),
    }
}

impl Interpreter<'_> {
    pub(super) fn arity(&self, name: &str) -> usize {
        let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
        known.map_or(usize::MAX, |(_, arity)| *arity)
    }

    pub(super) fn global(&self, name: &str) -> Option<Value> {
        GLOBALS
            .contains(&name)
            .then(|| function(name))
            .flatten()
            .map(|name| Value::Native(name, Rc::new([])))
    }

    /// A member of `lib` or of a part of it.
    pub(super) fn room(&self, room: Room, name: &str) -> Option<Thunk> {
        let native = |name: &str| function(name).map(|name| Value::Native(name, Rc::new([])));
        let extra = |path: &[&str]| {
            let mut value = self.force(self.extra.borrow().as_ref()?);
            for name in path {
                let Value::Set(set) = &value else { return None };
                let found = set.get(name)?.clone();
                value = self.force(&found);
            }
            Some(value)
        };
        let found = match room {
            Room::Lib => match name {
                "types" => Value::Room(Room::Types),
                "lib" => Value::Room(Room::Lib),
                "attrsets" | "lists" | "modules" | "options" | "strings" | "trivial"
                | "fixedPoints" | "customisation" | "filesystem" | "debug" | "asserts" | "meta" => {
                    Value::Room(Room::Lib)
                }
                name => match extra(&[name]).or_else(|| native(name)) {
                    Some(found) => found,
                    None => Value::unknown(),
                },
            },
            Room::Builtins => native(name).unwrap_or(Value::unknown()),
            Room::Types => match name {
                "ints" => Value::Room(Room::Ints),
                "numbers" => Value::Room(Room::Numbers),
                "strings" => Value::Room(Room::Strings),
                name => match plain(name).map(Value::plain) {
                    Some(found) => found,
                    None => native(&format!("types.{name}"))
                        .or_else(|| extra(&["types", name]))
                        .unwrap_or(Value::unknown()),
                },
            },
            Room::Ints => match whole_number(name).map(Value::plain) {
                Some(found) => found,
                None => native(&format!("types.ints.{name}")).unwrap_or(Value::unknown()),
            },
            Room::Numbers => match name {
                "nonnegative" => Value::plain(Type::Number("numberNonnegative".into())),
                "positive" => Value::plain(Type::Number("numberPositive".into())),
                name => native(&format!("types.numbers.{name}")).unwrap_or(Value::unknown()),
            },
            Room::Strings => Value::unknown(),
        };
        Some(Thunk::done(found))
    }

    /// An attribute of a type.
    pub(super) fn of_type(&self, value: &Value, name: &str) -> Option<Value> {
        let Value::Type(ty) = value else { return None };
        match (name, &**ty) {
            ("_type", _) => Some(Value::Str("option-type".into())),
            ("description" | "name", _) => Some(Value::Text),
            ("getSubOptions", TypeValue::Submodule(modules)) => {
                let value = vec![modules.clone()];
                Some(Value::Native("getSubOptions", value.into()))
            }
            ("nestedTypes", TypeValue::Of(_, inner)) => {
                let inner = inner.first()?.clone();
                Some(Set::of([
                    ("elemType".into(), inner.clone()),
                    ("left".into(), inner),
                ]))
            }
            _ => Some(Value::unknown()),
        }
    }

    /// What a function gives of which only the name is known.
    pub(super) fn opaque_call(&self, from: &str, _: &Thunk) -> Value {
        if let Some(format) = from.strip_prefix("pkgs.formats.")
            && let Some(ty) = format_type(format)
        {
            let open = Set::of([("type".into(), Thunk::done(ty))]);
            return self.update(&open, &Value::unknown());
        }
        Value::unknown()
    }

    fn set(&self, thunk: &Thunk) -> Option<Rc<Set>> {
        match self.force(thunk) {
            Value::Set(set) => Some(set),
            _ => None,
        }
    }

    fn list(&self, thunk: &Thunk) -> Option<Rc<[Thunk]>> {
        match self.force(thunk) {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    fn text(&self, thunk: &Thunk) -> Option<SmolStr> {
        match self.force(thunk) {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A list of names.
    pub(super) fn names(&self, thunk: &Thunk) -> Option<Vec<SmolStr>> {
        self.list(thunk)?
            .iter()
            .map(|item| self.text(item))
            .collect()
    }

    fn option(&self, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let all = fields
            .into_iter()
            .chain([("_type", Value::Str("option".into()))]);
        Set::of(all.map(|(name, value)| (SmolStr::from(name), Thunk::done(value))))
    }

    /// Calls a function for each item of a list.
    fn each(&self, function: &Thunk, items: &[Thunk]) -> Vec<Thunk> {
        let function = self.force(function);
        let call = |item: &Thunk| Thunk::call(function.clone(), vec![item.clone()]);
        items.iter().map(call).collect()
    }

    /// Calls a predicate.
    fn holds(&self, function: &Value, item: &Thunk) -> Option<bool> {
        match self.apply(function.clone(), item.clone()) {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn at_path(&self, value: &Thunk, path: &[SmolStr]) -> Option<Value> {
        let mut value = self.force(value);
        for name in path {
            let found = self.select(&value, name)?;
            value = self.force(&found);
        }
        Some(value)
    }

    /// A set from pairs of names and values.
    fn set_of_pairs(&self, pairs: &[Thunk]) -> Value {
        let mut set = Set::default();
        for pair in pairs {
            let pair = self.force(pair);
            let name = match &pair {
                Value::Set(pair) => pair.get("name").and_then(|name| self.text(name)),
                _ => None,
            };
            let Some(name) = name else {
                set.open = true;
                continue;
            };
            let value = Thunk::new(State::Select(Thunk::done(pair), "value".into()), None);
            set.entries
                .entry(name)
                .or_insert(Entry { value, key: None });
        }
        Value::Set(Rc::new(set))
    }

    fn wrap(&self, wrap: Wrap, inner: Vec<Thunk>) -> Value {
        Value::Type(Rc::new(TypeValue::Of(wrap, inner)))
    }

    /// A function of the library with all its arguments.
    pub(super) fn native(&self, name: &'static str, arguments: &[Thunk]) -> Value {
        self.known(name, arguments).unwrap_or(Value::unknown())
    }

    fn known(&self, name: &'static str, arguments: &[Thunk]) -> Option<Value> {
        let [first, rest @ ..] = arguments else {
            return None;
        };
        let second = rest.first();
        let last = arguments.last()?;
        let string = |text: &str| Value::Str(text.into());
        Some(match name {
            "mkOption" => {
                let option = self.option([]);
                self.update(&self.force(first), &option)
            }
            "mkEnableOption" => {
                let about = self.force(first);
                let description = match about {
                    Value::Str(about) => Value::Str(format!("Whether to enable {about}.").into()),
                    _ => Value::Text,
                };
                self.option([
                    ("type", Value::plain(Type::Bool)),
                    ("default", Value::Bool(false)),
                    ("description", description),
                    ("example", Value::Bool(true)),
                ])
            }
            "mkPackageOption" | "mkPackageOptionMD" => {
                let names = match self.force(second?) {
                    Value::Str(name) => Some(vec![name]),
                    Value::List(_) => self.names(second?),
                    _ => None,
                };
                let settings = self.set(last);
                let field = |name: &str| {
                    let settings = settings.as_ref()?;
                    settings.get(name).map(|value| self.force(value))
                };
                let path = match field("default") {
                    Some(Value::Null) => None,
                    Some(Value::Str(name)) => Some(name.to_string()),
                    Some(Value::List(items)) => {
                        let names: Option<Vec<_>> =
                            items.iter().map(|item| self.text(item)).collect();
                        names.map(|names| names.join("."))
                    }
                    _ => names.as_ref().map(|names| names.join(".")),
                };
                let ty = Value::plain(Type::Package);
                let ty = match field("nullable") {
                    Some(Value::Bool(true)) => self.wrap(Wrap::NullOr, vec![Thunk::done(ty)]),
                    _ => ty,
                };
                let about = names.as_ref().and_then(|names| names.last());
                let description = match about {
                    Some(about) => Value::Str(format!("The {about} package to use.").into()),
                    None => Value::Text,
                };
                let text = |path: String| {
                    self.option([("text", Value::Str(format!("pkgs.{path}").into()))])
                };
                let default_text = path.map_or(Value::unknown(), text);
                self.option([
                    ("type", ty),
                    ("default", Value::Opaque("pkgs".into())),
                    ("defaultText", default_text),
                    ("description", description),
                ])
            }
            "literalExpression" | "literalExample" | "literalMD" => Set::of([
                ("_type".into(), Thunk::done(string("literalExpression"))),
                ("text".into(), first.clone()),
            ]),
            "setType" => self.update(
                &self.force(second?),
                &Set::of([("_type".into(), first.clone())]),
            ),
            "isOption" | "isType" => {
                let wanted = match name {
                    "isOption" => "option".into(),
                    _ => self.text(first)?,
                };
                match self.force(last) {
                    Value::Set(set) => match set.get("_type") {
                        Some(ty) => Value::Bool(self.text(ty)? == wanted),
                        None if set.open => return None,
                        None => Value::Bool(false),
                    },
                    Value::Type(_) => Value::Bool(wanted == "option-type"),
                    other if other.is_opaque() => return None,
                    _ => Value::Bool(false),
                }
            }
            "mkRenamedOptionModule" | "mkAliasOptionModule" | "mkAliasOptionModuleMD" => {
                Value::Rename(Rc::new(Rename {
                    from: self.names(first)?,
                    to: self.names(second?),
                    removed: false,
                    message: None,
                    alias: name != "mkRenamedOptionModule",
                }))
            }
            "mkRenamedOptionModuleWith" => {
                let settings = self.set(first)?;
                Value::Rename(Rc::new(Rename {
                    from: self.names(settings.get("from")?)?,
                    to: settings.get("to").and_then(|to| self.names(to)),
                    removed: false,
                    message: None,
                    alias: false,
                }))
            }
            "mkChangedOptionModule" => Value::Rename(Rc::new(Rename {
                from: self.names(first)?,
                to: self.names(second?),
                removed: false,
                message: Some("its values have changed".into()),
                alias: false,
            })),
            "mkMergedOptionModule" => {
                let from = self.list(first)?;
                let to = self.names(second?);
                let renames = from.iter().filter_map(|from| {
                    Some(Value::Rename(Rc::new(Rename {
                        from: self.names(from)?,
                        to: to.clone(),
                        removed: false,
                        message: Some("its values have changed".into()),
                        alias: false,
                    })))
                });
                Set::of([("imports".into(), Thunk::done(Value::list(renames)))])
            }
            "mkRemovedOptionModule" => Value::Rename(Rc::new(Rename {
                from: self.names(first)?,
                to: None,
                removed: true,
                message: Some(self.text(second?).unwrap_or_default()),
                alias: false,
            })),
            // What stands below a condition is declared for somebody.
            "optionalAttrs" | "mkIf" => match self.force(first) {
                Value::Bool(true) => self.force(second?),
                Value::Bool(false) => Set::of([]),
                _ => match self.force(second?) {
                    Value::Set(set) => Value::Set(Rc::new(Set {
                        unsure: true,
                        ..Set::clone(&set)
                    })),
                    other => other,
                },
            },
            "mdDoc"
            | "id"
            | "mkForce"
            | "mkDefault"
            | "mkOptionDefault"
            | "mkBefore"
            | "mkAfter"
            | "traceVal"
            | "mkSinkUndeclaredOptions" => self.force(first),
            "mkOverride"
            | "mkOrder"
            | "trace"
            | "seq"
            | "deepSeq"
            | "warn"
            | "setDefaultModuleLocation" => self.force(second?),
            "warnIf" | "warnIfNot" | "throwIf" | "throwIfNot" => self.force(last),
            "assertMsg" => Value::Bool(true),
            "mkMerge" => self.force(first),
            "optional" => match self.force(first) {
                Value::Bool(false) => Value::list([]),
                _ => Value::List([second?.clone()].into()),
            },
            "optionals" => match self.force(first) {
                Value::Bool(false) => Value::list([]),
                _ => self.force(second?),
            },
            "optionalString" => match self.force(first) {
                Value::Bool(true) => self.force(second?),
                Value::Bool(false) => string(""),
                _ => Value::Text,
            },
            "mapAttrs" | "mapAttrsToList" | "mapAttrs'" | "concatMapAttrs" => {
                let function = self.force(first);
                let set = self.set(second?)?;
                let calls: Vec<_> = set
                    .entries
                    .iter()
                    .map(|(key, entry)| {
                        let arguments =
                            vec![Thunk::done(Value::Str(key.clone())), entry.value.clone()];
                        (
                            key.clone(),
                            Thunk::call(function.clone(), arguments),
                            entry.key,
                        )
                    })
                    .collect();
                match name {
                    "mapAttrs" => {
                        let entries = calls
                            .into_iter()
                            .map(|(name, value, key)| (name, Entry { value, key }));
                        Value::Set(Rc::new(Set {
                            entries: Set::gathered(entries),
                            open: set.open,
                            unsure: set.unsure,
                            base: None,
                        }))
                    }
                    "mapAttrsToList" => {
                        Value::List(calls.into_iter().map(|(_, value, _)| value).collect())
                    }
                    "mapAttrs'" => {
                        let pairs: Vec<_> = calls.into_iter().map(|(_, value, _)| value).collect();
                        let made = self.set_of_pairs(&pairs);
                        if set.open {
                            self.update(&made, &Value::unknown())
                        } else {
                            made
                        }
                    }
                    _ => {
                        let all = calls.into_iter().fold(Set::of([]), |all, (_, value, _)| {
                            self.update(&all, &self.force(&value))
                        });
                        if set.open {
                            self.update(&all, &Value::unknown())
                        } else {
                            all
                        }
                    }
                }
            }
            "nameValuePair" => Set::of([
                ("name".into(), first.clone()),
                ("value".into(), second?.clone()),
            ]),
            "listToAttrs" => match self.force(first) {
                Value::List(pairs) => self.set_of_pairs(&pairs),
                _ => Value::Set(Rc::new(Set {
                    open: true,
                    ..Set::default()
                })),
            },
            "genAttrs" => {
                let Some(names) = self.list(first) else {
                    return Some(Value::Set(Rc::new(Set {
                        open: true,
                        ..Set::default()
                    })));
                };
                let function = self.force(second?);
                let mut set = Set::default();
                for name in names.iter() {
                    match self.text(name) {
                        Some(key) => {
                            let value = Thunk::call(function.clone(), vec![name.clone()]);
                            let key_range = name
                                .0
                                .code
                                .as_ref()
                                .map(|(file, node)| (*file, node.text_range()));
                            set.entries.insert(
                                key,
                                Entry {
                                    value,
                                    key: key_range,
                                },
                            );
                        }
                        None => set.open = true,
                    }
                }
                Value::Set(Rc::new(set))
            }
            "genAttrs'" => {
                let pairs = self.each(second?, &self.list(first)?);
                self.set_of_pairs(&pairs)
            }
            "recursiveUpdate" => self.deep_update(&self.force(first), &self.force(second?)),
            "mergeAttrs" | "unionOfDisjoint" => {
                self.update(&self.force(first), &self.force(second?))
            }
            "mergeAttrsList" => {
                let items = self.list(first)?;
                items.iter().fold(Set::of([]), |all, item| {
                    self.update(&all, &self.force(item))
                })
            }
            "filterAttrs" => {
                let function = self.force(first);
                let set = self.set(second?)?;
                let mut kept = Set {
                    open: set.open,
                    ..Set::default()
                };
                for (key, entry) in &set.entries {
                    let some = self.apply(function.clone(), Thunk::done(Value::Str(key.clone())));
                    if self.holds(&some, &entry.value) != Some(false) {
                        kept.entries.insert(key.clone(), entry.clone());
                    }
                }
                Value::Set(Rc::new(kept))
            }
            "attrNames" => {
                let set = self.set(first)?;
                let names = set.entries.keys().map(|name| Value::Str(name.clone()));
                let more = set.open.then(Value::unknown);
                Value::list(names.chain(more).collect::<Vec<_>>())
            }
            "attrValues" => {
                let set = self.set(first)?;
                let more = set.open.then(|| Thunk::done(Value::unknown()));
                Value::List(
                    set.entries
                        .values()
                        .map(|entry| entry.value.clone())
                        .chain(more)
                        .collect(),
                )
            }
            "map" => Value::List(self.each(first, &self.list(second?)?).into()),
            "forEach" => Value::List(self.each(second?, &self.list(first)?).into()),
            "imap0" | "imap1" => {
                let function = self.force(first);
                let start = i64::from(name == "imap1");
                let items = self.list(second?)?;
                Value::List(
                    items
                        .iter()
                        .zip(start..)
                        .map(|(item, at)| {
                            let arguments = vec![Thunk::done(Value::Int(at)), item.clone()];
                            Thunk::call(function.clone(), arguments)
                        })
                        .collect(),
                )
            }
            "concatMap" | "concatLists" | "flatten" => {
                let items = match name {
                    "concatMap" => self.each(first, &self.list(second?)?),
                    _ => self.list(first)?.to_vec(),
                };
                let mut all = Vec::new();
                self.flat(&items, name == "flatten", &mut all);
                Value::List(all.into())
            }
            "filter" => {
                let function = self.force(first);
                let items = self.list(second?)?;
                let kept = items
                    .iter()
                    .filter(|item| self.holds(&function, item) != Some(false));
                Value::List(kept.cloned().collect())
            }
            "foldl'" | "foldl" => {
                let function = self.force(first);
                let items = self.list(last)?;
                let start = self.force(second?);
                items.iter().fold(start, |all, item| {
                    self.apply_all(function.clone(), vec![Thunk::done(all), item.clone()])
                })
            }
            "foldr" | "fold" => {
                let function = self.force(first);
                let items = self.list(last)?;
                let start = self.force(second?);
                items.iter().rev().fold(start, |all, item| {
                    self.apply_all(function.clone(), vec![item.clone(), Thunk::done(all)])
                })
            }
            "head" => self.force(self.list(first)?.first()?),
            "last" => self.force(self.list(first)?.last()?),
            "tail" => Value::List(self.list(first)?.get(1..)?.into()),
            "init" => {
                let items = self.list(first)?;
                Value::List(items[..items.len().checked_sub(1)?].into())
            }
            "take" | "drop" => {
                let Value::Int(count) = self.force(first) else {
                    return None;
                };
                let items = self.list(second?)?;
                let at = usize::try_from(count).unwrap_or(0).min(items.len());
                Value::List(if name == "take" {
                    items[..at].into()
                } else {
                    items[at..].into()
                })
            }
            "sublist" => {
                let (Value::Int(start), Value::Int(count)) =
                    (self.force(first), self.force(second?))
                else {
                    return None;
                };
                let items = self.list(last)?;
                let start = usize::try_from(start).ok()?.min(items.len());
                let end = start
                    .saturating_add(usize::try_from(count).ok()?)
                    .min(items.len());
                Value::List(items[start..end].into())
            }
            "length" => Value::Int(self.list(first)?.len() as i64),
            "elem" => {
                let wanted = self.force(first);
                let items = self.list(second?)?;
                let mut unsure = false;
                for item in items.iter() {
                    match self.equal(&wanted, &self.force(item)) {
                        Some(true) => return Some(Value::Bool(true)),
                        Some(false) => {}
                        None => unsure = true,
                    }
                }
                if unsure {
                    return None;
                }
                Value::Bool(false)
            }
            "elemAt" => {
                let Value::Int(at) = self.force(second?) else {
                    return None;
                };
                self.force(self.list(first)?.get(usize::try_from(at).ok()?)?)
            }
            "any" | "all" => {
                let function = self.force(first);
                let decisive = name == "any";
                for item in self.list(second?)?.iter() {
                    match self.holds(&function, item) {
                        Some(value) if value == decisive => return Some(Value::Bool(decisive)),
                        Some(_) => {}
                        None => return None,
                    }
                }
                Value::Bool(!decisive)
            }
            "range" | "genList" => {
                let (function, from, to) = match name {
                    "range" => {
                        let (Value::Int(from), Value::Int(to)) =
                            (self.force(first), self.force(second?))
                        else {
                            return None;
                        };
                        (None, from, to.checked_add(1)?)
                    }
                    _ => {
                        let Value::Int(count) = self.force(second?) else {
                            return None;
                        };
                        (Some(self.force(first)), 0, count)
                    }
                };
                // Nobody declares so many options; a text that does is hostile.
                if to.checked_sub(from)? > 10_000 {
                    return None;
                }
                let item = |number| match &function {
                    Some(function) => {
                        Thunk::call(function.clone(), vec![Thunk::done(Value::Int(number))])
                    }
                    None => Thunk::done(Value::Int(number)),
                };
                Value::List((from..to).map(item).collect())
            }
            "singleton" => Value::List([first.clone()].into()),
            "toList" => match self.force(first) {
                list @ Value::List(_) => list,
                other if other.is_opaque() => return None,
                _ => Value::List([first.clone()].into()),
            },
            "unique" | "sort" => self.force(last),
            "reverseList" => Value::List(self.list(first)?.iter().rev().cloned().collect()),
            "hasAttr" => {
                let name = self.text(first)?;
                match self.force(second?) {
                    Value::Set(set) if set.get(&name).is_some() => Value::Bool(true),
                    Value::Set(set) if !set.open => Value::Bool(false),
                    _ => return None,
                }
            }
            "getAttr" => {
                let found = self.select(&self.force(second?), &self.text(first)?)?;
                self.force(&found)
            }
            "getAttrFromPath" => self.at_path(second?, &self.names(first)?)?,
            "attrByPath" => {
                let found = self.at_path(last, &self.names(first)?);
                match found {
                    Some(found) => found,
                    None => self.force(second?),
                }
            }
            "hasAttrByPath" => match self.at_path(second?, &self.names(first)?) {
                Some(found) if found.is_opaque() => return None,
                found => Value::Bool(found.is_some()),
            },
            "setAttrByPath" => {
                let path = self.names(first)?;
                let value = path.iter().rev().fold(second?.clone(), |value, name| {
                    Thunk::done(Set::of([(name.clone(), value)]))
                });
                self.force(&value)
            }
            "removeAttrs" => {
                let mut set = Set::clone(&*self.set(first)?);
                for name in self.list(second?)?.iter() {
                    match self.text(name) {
                        Some(name) => {
                            set.entries.remove(&name);
                        }
                        None => return None,
                    }
                }
                Value::Set(Rc::new(set))
            }
            "intersectAttrs" => {
                let (known, set) = (self.set(first)?, self.set(second?)?);
                let entries = set
                    .entries
                    .iter()
                    .filter(|(name, _)| known.get(name).is_some());
                Value::Set(Rc::new(Set {
                    entries: Set::gathered(
                        entries.map(|(name, entry)| (name.clone(), entry.clone())),
                    ),
                    open: known.open,
                    unsure: set.unsure,
                    base: None,
                }))
            }
            "concatStringsSep" => string(&self.names(second?)?.join(&self.text(first)?)),
            "concatStrings" => string(&self.names(first)?.concat()),
            "concatMapStringsSep" => {
                let made: Thunk =
                    Thunk::done(Value::List(self.each(second?, &self.list(last)?).into()));
                string(&self.names(&made)?.join(&self.text(first)?))
            }
            "concatMapStrings" => {
                let made = Thunk::done(Value::List(self.each(first, &self.list(second?)?).into()));
                string(&self.names(&made)?.concat())
            }
            "toString" => match self.force(first) {
                text @ Value::Str(_) => text,
                Value::Int(number) => string(&number.to_string()),
                _ => Value::Text,
            },
            "toUpper" => string(&self.text(first)?.to_ascii_uppercase()),
            "toLower" => string(&self.text(first)?.to_ascii_lowercase()),
            "hasPrefix" => Value::Bool(self.text(second?)?.starts_with(&*self.text(first)?)),
            "hasSuffix" => Value::Bool(self.text(second?)?.ends_with(&*self.text(first)?)),
            "hasInfix" => Value::Bool(self.text(second?)?.contains(&*self.text(first)?)),
            "removePrefix" => {
                let (part, text) = (self.text(first)?, self.text(second?)?);
                string(text.strip_prefix(&*part).unwrap_or(&text))
            }
            "removeSuffix" => {
                let (part, text) = (self.text(first)?, self.text(second?)?);
                string(text.strip_suffix(&*part).unwrap_or(&text))
            }
            "splitString" => {
                let (separator, text) = (self.text(first)?, self.text(second?)?);
                if separator.is_empty() {
                    return None;
                }
                Value::list(
                    text.split(&*separator)
                        .map(|part| Value::Str(part.into()))
                        .collect::<Vec<_>>(),
                )
            }
            "replaceStrings" => {
                let (from, to) = (self.names(first)?, self.names(second?)?);
                let mut text = self.text(last)?.to_string();
                // One after the other is what Nix does only for one; more are rare.
                if from.len() != 1 || to.len() != 1 || from[0].is_empty() {
                    return Some(Value::Text);
                }
                text = text.replace(&*from[0], &to[0]);
                string(&text)
            }
            "stringLength" => Value::Int(self.text(first)?.len() as i64),
            "flip" => self.apply_all(self.force(first), vec![last.clone(), second?.clone()]),
            "const" => self.force(first),
            "pipe" => {
                let functions = self.list(second?)?;
                functions.iter().fold(self.force(first), |value, function| {
                    self.apply(self.force(function), Thunk::done(value))
                })
            }
            "fix" | "makeExtensible" => {
                let value = Thunk::new(State::Busy, None);
                self.circles.borrow_mut().push(value.clone());
                value
                    .0
                    .state
                    .replace(State::Call(self.force(first), vec![value.clone()]));
                self.force(&value)
            }
            "makeOverridable" => self.apply(self.force(first), second?.clone()),
            "callPackageWith" => {
                let function = match self.force(second?) {
                    Value::Path(path) => self.import(&path),
                    other => other,
                };
                let formals = self.formals(&function)?;
                let known = self.force(first);
                let given = self.force(last);
                let mut set = Set::default();
                for (name, has_default) in formals {
                    match self.select(&known, &name) {
                        Some(value) => {
                            set.entries.insert(name, Entry { value, key: None });
                        }
                        None if has_default => {}
                        None => {
                            let value = Thunk::done(Value::unknown());
                            set.entries.insert(name, Entry { value, key: None });
                        }
                    }
                }
                let all = self.update(&Value::Set(Rc::new(set)), &given);
                self.apply(function, Thunk::done(all))
            }
            "functionArgs" => {
                let formals = self.formals(&self.force(first))?;
                Set::of(
                    formals
                        .into_iter()
                        .map(|(name, default)| (name, Thunk::done(Value::Bool(default)))),
                )
            }
            "isFunction" | "isAttrs" | "isList" | "isString" | "isBool" | "isInt" | "isPath"
            | "isNull" => {
                let value = self.force(first);
                if value.is_opaque() {
                    return None;
                }
                Value::Bool(match name {
                    "isFunction" => matches!(value, Value::Lambda(..) | Value::Native(..)),
                    "isAttrs" => matches!(
                        value,
                        Value::Set(_) | Value::Type(_) | Value::Rename(_) | Value::Room(_)
                    ),
                    "isList" => matches!(value, Value::List(_)),
                    "isString" => matches!(value, Value::Str(_) | Value::Text),
                    "isBool" => matches!(value, Value::Bool(_)),
                    "isInt" => matches!(value, Value::Int(_)),
                    "isPath" => matches!(value, Value::Path(_)),
                    _ => matches!(value, Value::Null),
                })
            }
            "typeOf" => string(match self.force(first) {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Int(_) => "int",
                Value::Float(_) => "float",
                Value::Str(_) | Value::Text => "string",
                Value::Path(_) => "path",
                Value::List(_) => "list",
                Value::Set(_) | Value::Type(_) | Value::Rename(_) | Value::Room(_) => "set",
                Value::Lambda(..) | Value::Native(..) => "lambda",
                Value::Opaque(_) | Value::Never => return None,
            }),
            "import" => match self.force(first) {
                Value::Path(path) => self.import(&path),
                _ => return None,
            },
            "importApply" | "modules.importApply" => match self.force(first) {
                Value::Path(path) => self.apply(self.import(&path), second?.clone()),
                _ => return None,
            },
            "readDir" => {
                let Value::Path(path) = self.force(first) else {
                    return None;
                };
                let entries = self.sources.entries(&path);
                if entries.is_empty() {
                    return None;
                }
                Set::of(entries.into_iter().map(|(name, is_folder)| {
                    let kind = if is_folder { "directory" } else { "regular" };
                    (name, Thunk::done(string(kind)))
                }))
            }
            "mkOptionType" | "types.mkOptionType" => {
                let set = self.set(first)?;
                let name = set.get("name").and_then(|name| self.text(name));
                let name = name.unwrap_or_else(|| "unknown".into());
                let nested = set.get("nestedTypes").and_then(|nested| self.set(nested));
                match nested.as_ref().and_then(|nested| nested.get("elemType")) {
                    Some(element) if set.get("getSubOptions").is_some() => {
                        Value::Type(Rc::new(TypeValue::NamedSet(name, element.clone())))
                    }
                    _ => Value::plain(Type::Named(name)),
                }
            }
            // The modules of a submodule, and the path before it, which nobody needs.
            "getSubOptions" => {
                let modules = self.list(first)?;
                modules.iter().fold(Set::of([]), |all, module| {
                    let mut module = self.force(module);
                    if let Value::Lambda(..) = &module {
                        let arguments = self.arguments(&module);
                        module = self.apply(module, arguments);
                    }
                    let options = match &module {
                        Value::Set(set) => set.get("options").map(|options| self.force(options)),
                        _ => Some(Value::unknown()),
                    };
                    options.map_or(all.clone(), |options| self.union(&all, &options))
                })
            }
            "importJSON" => match self.force(first) {
                Value::Path(path) => value_of(self.sources.data(&path)?),
                _ => return None,
            },
            // A text that is read is read for what it says.
            "readFile" => match self.force(first) {
                path @ Value::Path(_) => path,
                _ => Value::Text,
            },
            "fromJSON" => match self.force(first) {
                Value::Path(path) => value_of(self.sources.data(&path)?),
                _ => return None,
            },
            "partition" => {
                let function = self.force(first);
                let items = self.list(second?)?;
                let (mut right, mut wrong) = (Vec::new(), Vec::new());
                for item in items.iter() {
                    match self.holds(&function, item)? {
                        true => right.push(item.clone()),
                        false => wrong.push(item.clone()),
                    }
                }
                let list = |items: Vec<Thunk>| Thunk::done(Value::List(items.into()));
                Set::of([("right".into(), list(right)), ("wrong".into(), list(wrong))])
            }
            "throw" | "abort" => Value::Never,
            "showOption" => string(&self.names(first)?.join(".")),
            "not" => match self.force(first) {
                Value::Bool(value) => Value::Bool(!value),
                _ => return None,
            },
            "baseNameOf" => match self.force(first) {
                Value::Path(text) => string(crate::path::file_name(&text)),
                Value::Str(text) => string(crate::path::file_name(&text)),
                _ => return None,
            },
            "types.ints.between" => {
                let (Value::Int(least), Value::Int(greatest)) =
                    (self.force(first), self.force(second?))
                else {
                    return Some(Value::plain(int("intBetween", None, None)));
                };
                Value::plain(int("intBetween", Some(least), Some(greatest)))
            }
            "types.numbers.between" => Value::plain(Type::Number("numberBetween".into())),
            "types.strMatching" => Value::plain(Type::Text(Text::Matching(
                self.text(first).unwrap_or_default(),
            ))),
            "types.separatedString" => {
                Value::plain(Type::Joined(self.text(first).unwrap_or_default()))
            }
            "types.passwdEntry" => Value::plain(Type::Text(Text::Entry)),
            "types.pathWith" => Value::plain(Type::SomePath),
            "types.enum" => Value::Type(Rc::new(TypeValue::Enum(first.clone()))),
            "types.nullOr" => self.wrap(Wrap::NullOr, vec![first.clone()]),
            "types.listOf" => self.wrap(Wrap::ListOf, vec![first.clone()]),
            "types.nonEmptyListOf" => self.wrap(Wrap::NonEmptyListOf, vec![first.clone()]),
            "types.attrsOf" => self.wrap(Wrap::AttrsOf, vec![first.clone()]),
            // It took lists, before it became another name for `attrsOf`.
            "types.loaOf" => {
                let set = Thunk::done(self.wrap(Wrap::AttrsOf, vec![first.clone()]));
                let list = Thunk::done(self.wrap(Wrap::ListOf, vec![first.clone()]));
                self.wrap(Wrap::Either, vec![set, list])
            }
            "types.lazyAttrsOf" => self.wrap(Wrap::LazyAttrsOf, vec![first.clone()]),
            "types.attrsWith" => {
                let settings = self.set(first)?;
                let element = settings.get("elemType")?.clone();
                let lazy = settings.get("lazy").map(|lazy| self.force(lazy));
                let wrap = match lazy {
                    Some(Value::Bool(true)) => Wrap::LazyAttrsOf,
                    _ => Wrap::AttrsOf,
                };
                self.wrap(wrap, vec![element])
            }
            "types.either" => self.wrap(Wrap::Either, vec![first.clone(), second?.clone()]),
            "types.oneOf" => self.wrap(Wrap::OneOf, self.list(first)?.to_vec()),
            "types.coercedTo" => self.wrap(Wrap::CoercedTo, vec![first.clone(), last.clone()]),
            "types.functionTo" => self.wrap(Wrap::Function, vec![first.clone()]),
            "types.uniq" | "types.unique" => self.wrap(Wrap::Unique, vec![last.clone()]),
            "types.addCheck" => self.wrap(Wrap::Same, vec![first.clone()]),
            "types.submodule" => {
                let modules = match self.force(first) {
                    list @ Value::List(_) => Thunk::done(list),
                    _ => Thunk::done(Value::List([first.clone()].into())),
                };
                Value::Type(Rc::new(TypeValue::Submodule(modules)))
            }
            "types.submoduleWith" => {
                let modules = self.set(first)?.get("modules")?.clone();
                Value::Type(Rc::new(TypeValue::Submodule(modules)))
            }
            "types.deferredModuleWith" => Value::plain(Type::DeferredModule),
            "types.attrTag" => Value::plain(Type::Tagged),
            _ => return None,
        })
    }

    /// The value of a file that an expression imports.
    pub(super) fn import(&self, path: &str) -> Value {
        let file = self.nix_file(path);
        self.imported.borrow_mut().insert(file.clone());
        self.force(&self.file_value(&file))
    }

    fn flat(&self, items: &[Thunk], deep: bool, all: &mut Vec<Thunk>) {
        for item in items {
            match self.force(item) {
                Value::List(inner) if deep => self.flat(&inner, true, all),
                Value::List(inner) => all.extend(inner.iter().cloned()),
                other if other.is_opaque() => all.push(Thunk::done(other)),
                _ if deep => all.push(item.clone()),
                _ => {}
            }
        }
    }

    fn deep_update(&self, left: &Value, right: &Value) -> Value {
        match (left, right) {
            (Value::Set(a), Value::Set(b)) => {
                let mut all = Set::clone(a);
                all.open |= b.open;
                for (name, entry) in &b.entries {
                    let known = all.entries.get(name).map(|known| known.value.clone());
                    let value = match known {
                        Some(known) => {
                            let function = Value::Native("recursiveUpdate", Rc::new([]));
                            // What is not a set on both sides is the right one's.
                            match (self.force(&known), self.force(&entry.value)) {
                                (Value::Set(_), Value::Set(_)) => {
                                    Thunk::call(function, vec![known, entry.value.clone()])
                                }
                                _ => entry.value.clone(),
                            }
                        }
                        None => entry.value.clone(),
                    };
                    all.entries.insert(
                        name.clone(),
                        Entry {
                            value,
                            key: entry.key,
                        },
                    );
                }
                Value::Set(Rc::new(all))
            }
            _ => self.update(left, right),
        }
    }
}
