//! Checks a request against an OpenAPI document: path, parameters and body.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::multipart::parts;
use crate::server::Request;

pub struct Spec {
    document: Value,
    /// Query parameters that are known to work though the document does not declare them.
    undeclared: Vec<&'static str>,
}

impl Spec {
    pub fn new(document: Value, undeclared: Vec<&'static str>) -> Self {
        Self {
            document,
            undeclared,
        }
    }

    /// The operation of the request, as `GET /path/{id}`.
    ///
    /// # Errors
    /// What the document does not allow about the request.
    pub fn check(&self, request: &Request) -> Result<String, String> {
        let (method, path) = request.target().split_once(' ').unwrap();
        let (template, operation) = self
            .operation(method, path)
            .ok_or_else(|| format!("no operation {method} {path}"))?;
        let parameters = operation["parameters"].as_array();
        let parameters: Vec<&Value> = parameters
            .into_iter()
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .collect();
        self.check_path(template, path, &parameters)?;
        self.check_query(&request.query(), &parameters)?;
        self.check_body(request, &operation["requestBody"])?;
        Ok(format!("{method} {template}"))
    }

    /// The one whose path has the most literal parts in common.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        let fitting = paths.iter().filter(|(template, _)| fits(template, path));
        let (template, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        let operation = item.get(method.to_lowercase())?;
        Some((template, operation))
    }

    fn check_path(&self, template: &str, path: &str, declared: &[&Value]) -> Result<(), String> {
        for (name, value) in template.split('/').zip(path.split('/')) {
            if let Some(name) = name.strip_prefix('{') {
                let name = name.strip_suffix('}').unwrap();
                let parameter = find(declared, "path", name)
                    .ok_or_else(|| format!("no path parameter {name}"))?;
                self.check_parameter(parameter, value)?;
            }
        }
        Ok(())
    }

    fn check_query(&self, query: &[(String, String)], declared: &[&Value]) -> Result<(), String> {
        for (name, value) in query {
            match find(declared, "query", name) {
                Some(parameter) => self.check_parameter(parameter, value)?,
                None if self.undeclared.contains(&name.as_str()) => {}
                None => return Err(format!("no query parameter {name}")),
            }
        }
        let missing = declared.iter().find(|parameter| {
            let name = parameter["name"].as_str().unwrap();
            parameter["in"] == "query"
                && parameter["required"] == true
                && query.iter().all(|(sent, _)| sent != name)
        });
        match missing {
            Some(parameter) => Err(format!("without the parameter {}", parameter["name"])),
            None => Ok(()),
        }
    }

    fn check_parameter(&self, parameter: &Value, value: &str) -> Result<(), String> {
        let value = self.typed(value, &parameter["schema"]);
        self.validate(&value, &parameter["schema"])
            .map_err(|error| format!("{}: {error}", parameter["name"]))
    }

    fn check_body(&self, request: &Request, declared: &Value) -> Result<(), String> {
        if declared.is_null() {
            let is_empty = request.bytes.is_empty();
            return is_empty.then_some(()).ok_or("a body".to_owned());
        }
        let sent = request.header("content-type").ok_or("no content type")?;
        let media_type = sent.split(';').next().unwrap();
        let schema = &declared["content"][media_type]["schema"];
        match media_type {
            _ if schema.is_null() => Err(format!("no body of {media_type}")),
            "multipart/form-data" => self.check_multipart(request, schema),
            _ => {
                let body = serde_json::from_slice(&request.bytes);
                let body = body.map_err(|error| error.to_string())?;
                self.validate(&body, schema)
            }
        }
    }

    /// The form as the object that the schema describes, with a text in the place of each file.
    fn check_multipart(&self, request: &Request, schema: &Value) -> Result<(), String> {
        let properties = &self.resolved(schema)["properties"];
        let mut object = Map::new();
        for part in parts(request) {
            let property = &properties[&part.name];
            let value = if is_file(property) {
                if part.file_name.is_none() || part.content_type.is_none() {
                    return Err(format!("{} is not sent as a file", part.name));
                }
                json!("bytes")
            } else {
                self.typed(&part.text(), property)
            };
            if object.insert(part.name.clone(), value).is_some() {
                return Err(format!("{} twice", part.name));
            }
        }
        self.validate(&Value::Object(object), schema)
    }

    /// A value that was sent as text, in the type that the schema names; as text if it is not of
    /// that type.
    fn typed(&self, text: &str, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        match schema["type"].as_str() {
            Some("integer") => text
                .parse::<i64>()
                .map_or(json!(text), |number| json!(number)),
            Some("array") => text
                .split(',')
                .map(|item| self.typed(item, &schema["items"]))
                .collect(),
            _ => json!(text),
        }
    }

    fn validate(&self, value: &Value, schema: &Value) -> Result<(), String> {
        // References are looked up from the root. OpenAPI 3.0 descends from draft 4.
        let root = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator: Validator = jsonschema::draft4::new(&root).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.join("; "))
        }
    }

    fn resolved<'a>(&'a self, part: &'a Value) -> &'a Value {
        match part["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').unwrap();
                self.document.pointer(pointer).unwrap()
            }
            None => part,
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let template: Vec<&str> = template.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    template.len() == path.len()
        && template
            .iter()
            .zip(path)
            .all(|(wanted, found)| wanted.starts_with('{') || *wanted == found)
}

fn find<'a>(declared: &[&'a Value], place: &str, name: &str) -> Option<&'a Value> {
    let mut declared = declared.iter().copied();
    declared.find(|parameter| parameter["in"] == place && parameter["name"] == name)
}

fn is_file(property: &Value) -> bool {
    let forms = property["anyOf"].as_array();
    let mut formats = forms.into_iter().flatten().chain([property]);
    formats.any(|form| form["format"] == "binary")
}
