//! What operators are told: where metrics are read, and whether traces are sent.

use std::net::SocketAddr;

use super::reader::Reader;

/// Where metrics are served apart from the API, if that was said.
pub(super) fn metrics_listen(
    reader: &mut Reader<impl Fn(&str) -> Option<String>>,
) -> Option<SocketAddr> {
    let name = "DUALPOSTS_METRICS_LISTEN";
    reader.text(name)?;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Some(reader.parse(name, "an address such as 127.0.0.1:9464", nowhere))
}

/// Whether the standard variables ask for traces. What else they say, the exporter reads.
pub(super) fn traces(reader: &mut Reader<impl Fn(&str) -> Option<String>>) -> bool {
    let endpoints = [
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ];
    let is_set = endpoints.iter().any(|name| reader.text(name).is_some());
    let is = |reader: &Reader<_>, name: &str, word: &str| {
        let set = reader.text(name);
        set.is_some_and(|set| set.eq_ignore_ascii_case(word))
    };
    let is_off =
        is(reader, "OTEL_SDK_DISABLED", "true") || is(reader, "OTEL_TRACES_EXPORTER", "none");
    let protocol = reader
        .text("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
        .or_else(|| reader.text("OTEL_EXPORTER_OTLP_PROTOCOL"));
    if let Some(protocol) = protocol.filter(|protocol| protocol != "http/protobuf")
        && is_set
        && !is_off
    {
        reader.wrong(format!(
            "OTEL_EXPORTER_OTLP_PROTOCOL is {protocol:?}; spans are sent by http/protobuf"
        ));
    }
    is_set && !is_off
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(set: &[(&str, &str)]) -> (bool, usize) {
        let env = |name: &str| {
            let known = set.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        let mut reader = Reader {
            env,
            wrong: Vec::new(),
        };
        (traces(&mut reader), reader.wrong.len())
    }

    #[test]
    fn traces_are_sent_where_the_standard_variables_say_so_and_by_the_protocol_that_is_known() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        assert_eq!(asked(&[]), (false, 0));
        assert_eq!(asked(&[endpoint]), (true, 0));
        assert_eq!(
            asked(&[endpoint, ("OTEL_SDK_DISABLED", "true")]),
            (false, 0)
        );
        assert_eq!(
            asked(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]),
            (false, 0)
        );
        assert_eq!(asked(&[endpoint, grpc]).1, 1);
        assert_eq!(asked(&[grpc]), (false, 0));
    }
}
