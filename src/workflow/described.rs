//! The JSON Schema of types that read themselves from one value.

/// Implements `JsonSchema` for a type: the JSON types it reads, and what it is.
macro_rules! described {
    ($name:ident: [$($kind:literal),+], $description:literal) => {
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({"type": [$($kind),+], "description": $description})
            }
        }
    };
}

pub(super) use described;
