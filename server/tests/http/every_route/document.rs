//! What `api/openapi.yaml` says of the members of each route's body and of each route's query: the table that the rooms beside this one go
//! through. What the document does not bound fails here, so nothing can be added to it whose limits are not tested.

use serde_json::{Map, Value};

/// A member of a body, or an element of one of its lists.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The JSON pointer to it; an element is the list's first.
    pub(super) place: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// A parameter of a query.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) method: String,
    pub(super) route: String,
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a value may be.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Of 1 to so many characters, or bytes of UTF-8; some are without control characters.
    Text {
        most: usize,
        in_bytes: bool,
        is_printable: bool,
    },
    Id,
    Time,
    Cursor {
        digits: usize,
    },
    Number {
        least: u64,
        most: u64,
        is_whole: bool,
    },
    Truth,
    /// One of these names and none of those.
    OneOf(Vec<String>),
    /// A name of this length that is none of those.
    NoneOf {
        most: usize,
        names: Vec<String>,
    },
    /// Any JSON, of at most so many bytes.
    Json {
        bytes: usize,
        depth: usize,
        is_object: bool,
    },
    List {
        most: usize,
    },
    /// A list of exactly two.
    Pair,
    /// An object whose members stand in the table by themselves.
    Object,
}

/// The document.
pub(super) struct Document(pub(super) Value);

impl Document {
    pub(super) fn read() -> Self {
        Self(serde_yaml_ng::from_str(include_str!("../../../../api/openapi.yaml")).unwrap())
    }

    /// Method, route and what is said of it.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
    }

    /// The routes that take a body.
    pub(super) fn writing(&self) -> Vec<&str> {
        let operations = self.operations().filter(|(.., operation)| !operation["requestBody"].is_null());
        operations.map(|(_, route, _)| route).collect()
    }

    /// Every member that a route's body may have, however deep.
    pub(super) fn members(&self, route: &str) -> Vec<Member> {
        let content = &self.0["paths"][route]["post"]["requestBody"]["content"];
        assert_eq!(content["application/json"], content["text/plain"], "{route} takes the same on both lanes");
        let mut members = Vec::new();
        self.collect("", &self.flat(&content["text/plain"]["schema"]), &mut members);
        assert!(!members.is_empty(), "{route}");
        members
    }

    /// Every parameter of every query, but for `encoding`, which is about the body.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let mut all = Vec::new();
        for (method, route, operation) in self.operations() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let parameter = self.flat(parameter);
                let name = parameter["name"].as_str().unwrap();
                if parameter["in"] == "query" && name != "encoding" {
                    let kind = kind(&format!("{route}?{name}"), &self.flat(&parameter["schema"]));
                    all.push(Parameter { method: method.to_uppercase(), route: route.into(), name: name.into(), kind });
                }
            }
        }
        all
    }

    /// A schema with what it refers to and what it joins.
    fn flat(&self, schema: &Value) -> Map<String, Value> {
        let mut all = Map::new();
        if let Some(reference) = schema["$ref"].as_str() {
            join(&mut all, self.flat(self.0.pointer(reference.trim_start_matches('#')).unwrap()));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            join(&mut all, self.flat(part));
        }
        let own = schema.as_object().unwrap().clone();
        join(&mut all, own.into_iter().filter(|(keyword, _)| keyword != "$ref" && keyword != "allOf").collect());
        all
    }

    fn collect(&self, at: &str, object: &Map<String, Value>, members: &mut Vec<Member>) {
        let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        for (name, schema) in object["properties"].as_object().unwrap() {
            let is_required = required.iter().any(|required| required == name);
            self.collect_one(format!("{at}/{name}"), &self.flat(schema), is_required, members);
        }
    }

    fn collect_one(&self, place: String, schema: &Map<String, Value>, required: bool, members: &mut Vec<Member>) {
        let kind = kind(&place, schema);
        members.push(Member { place: place.clone(), kind: kind.clone(), required });
        let element = format!("{place}/0");
        match kind {
            Kind::Object => self.collect(&place, schema, members),
            // The schema leaves them open, for each is judged by itself.
            Kind::List { .. } if place.ends_with("/events") => {
                let event = self.flat(&self.0["components"]["schemas"]["Event"]);
                self.collect_one(element, &event, true, members);
            }
            Kind::List { .. } => self.collect_one(element, &self.flat(&schema["items"]), true, members),
            Kind::Pair => {
                for (half, schema) in schema["prefixItems"].as_array().unwrap().iter().enumerate() {
                    self.collect_one(format!("{place}/{half}"), &self.flat(schema), true, members);
                }
            }
            _ => {}
        }
    }
}

/// What two schemas that must both hold say together.
fn join(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (keyword, value) in from {
        match (into.get_mut(&keyword), value) {
            (Some(Value::Object(members)), Value::Object(more)) if keyword == "properties" => {
                for (name, schema) in more {
                    let both =
                        members.remove(&name).map(|first| serde_json::json!({ "allOf": [first, schema.clone()] }));
                    members.insert(name, both.unwrap_or(schema));
                }
            }
            (Some(Value::Array(names)), Value::Array(more)) if keyword == "required" => names.extend(more),
            (_, value) => {
                into.insert(keyword, value);
            }
        }
    }
}

/// What the keywords of a flat schema mean.
fn kind(place: &str, schema: &Map<String, Value>) -> Kind {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    let count = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let size = |keyword: &str| count(keyword).map(|count| usize::try_from(count).unwrap());
    let names =
        |names: &Value| names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let bound = |keyword: &str| size(keyword).unwrap_or_else(|| panic!("{place} has no {keyword} in openapi.yaml"));
    if let Some(allowed) = schema.get("enum") {
        return Kind::OneOf(names(allowed));
    }
    match text("type") {
        Some("string") => match (text("format"), text("pattern")) {
            (Some("uuid"), _) => Kind::Id,
            (Some("date-time"), _) => Kind::Time,
            (None, Some("^[0-9]{0,18}$")) => Kind::Cursor { digits: 18 },
            (None, pattern) => {
                assert_eq!(count("minLength"), Some(1), "{place}: an empty text would be taken");
                assert!(
                    matches!(pattern, None | Some(r"^[^\u0000-\u001f\u007f-\u009f]*$")),
                    "{place}: {pattern:?} is not tested"
                );
                let most = bound("maxLength");
                if let Some(refused) = schema.get("not").and_then(|not| not.get("enum")) {
                    return Kind::NoneOf { most, names: names(refused) };
                }
                let in_bytes = size("x-max-bytes");
                Kind::Text {
                    most: in_bytes.unwrap_or(most),
                    in_bytes: in_bytes.is_some(),
                    is_printable: pattern.is_some(),
                }
            }
            (format, _) => panic!("{place}: the format {format:?} is not tested"),
        },
        Some(number @ ("integer" | "number")) => {
            let least = count("minimum").unwrap_or_else(|| panic!("{place} has no minimum in openapi.yaml"));
            let most = count("maximum").unwrap_or_else(|| panic!("{place} has no maximum in openapi.yaml"));
            Kind::Number { least, most, is_whole: number == "integer" }
        }
        Some("boolean") => Kind::Truth,
        Some("array") if schema.contains_key("prefixItems") => Kind::Pair,
        Some("array") => Kind::List { most: bound("maxItems") },
        Some("object") if schema.contains_key("properties") => Kind::Object,
        kind @ (Some("object") | None) => {
            Kind::Json { bytes: bound("x-max-bytes"), depth: bound("x-max-depth"), is_object: kind.is_some() }
        }
        Some(kind) => panic!("{place}: the type {kind} is not tested"),
    }
}
