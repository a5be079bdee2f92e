//! Uploads to X: what is sent, and what is made of the answers.

use bytes::Bytes;
use platforms::x::{self, MediaCategory, Processing, Uploaded};
use platforms::{Failure, Meaning};

use crate::multipart::parts;
use crate::server::{Request, Server, answer, json};
use crate::{NOW_MS, TOKEN, http, token};

fn client(server: &Server) -> x::Client {
    x::Client::new(http(), &server.url)
}

fn uploaded(processing: Processing, expires_after_s: Option<i64>) -> Uploaded {
    Uploaded {
        id: "1880028106020515840".to_owned(),
        processing,
        expires_after_s,
    }
}

#[tokio::test]
async fn an_image_is_sent_whole_as_a_file() {
    let body = r#"{"data":{"id":"1880028106020515840","media_key":"3_1880028106020515840","size":12,"expires_after_secs":86400,"image":{"w":1,"h":1,"image_type":"image/png"}}}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let png = Bytes::from_static(b"\x89PNG\r\n\x1a\n\r\n--\xff\xfe\r\n");
    let answer = client(&server)
        .upload_image(
            &token(),
            png.clone(),
            "image/png",
            MediaCategory::Image,
            NOW_MS,
        )
        .await
        .unwrap();
    assert_eq!(answer.value, uploaded(Processing::Ready, Some(86_400)));

    let request = server.request();
    assert_eq!(request.line, "POST /2/media/upload");
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    let parts = parts(&request);
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["media_category", "media"]);
    assert_eq!(parts[0].text(), "tweet_image");
    assert_eq!(parts[0].file_name, None);
    assert_eq!(parts[1].bytes, png);
    assert_eq!(parts[1].content_type.as_deref(), Some("image/png"));
    assert!(parts[1].file_name.is_some());
}

#[tokio::test]
async fn a_media_type_that_is_none_is_not_sent() {
    let server = Server::start(Vec::new()).await;
    let failure = client(&server)
        .upload_image(&token(), Bytes::new(), "png", MediaCategory::Image, NOW_MS)
        .await
        .unwrap_err();
    assert_eq!(failure.meaning, Meaning::NotDone);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_upload_in_parts_is_announced_with_its_size() {
    let body = r#"{"data":{"id":"1880028106020515840","media_key":"7_1880028106020515840","expires_after_secs":1295999}}"#;
    let server = Server::start(vec![json(200, body)]).await;
    let answer = client(&server)
        .initialize_upload(
            &token(),
            "video/mp4",
            17_179_869_184,
            MediaCategory::Video,
            NOW_MS,
        )
        .await
        .unwrap();
    // Nothing came yet, so nothing is ready.
    let pending = Processing::Pending {
        check_after_s: None,
    };
    assert_eq!(answer.value, uploaded(pending, Some(1_295_999)));
    let request = server.request();
    assert_eq!(request.line, "POST /2/media/upload/initialize");
    assert_eq!(
        request.body,
        r#"{"media_type":"video/mp4","total_bytes":17179869184,"media_category":"tweet_video"}"#
    );
}

#[tokio::test]
async fn a_part_is_sent_with_its_index_and_may_be_acknowledged_without_a_word() {
    let server = Server::start(vec![
        answer(204, &[("x-transaction-id", "t1")], ""),
        json(200, r#"{"data":{"expires_at":1790000000}}"#),
    ])
    .await;
    let client = client(&server);
    let chunk = Bytes::from(vec![0xfe; x::CHUNK_BYTES]);
    for index in [0, 7] {
        client
            .append_upload(&token(), "188", index, chunk.clone(), NOW_MS)
            .await
            .unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for (request, index) in requests.iter().zip(["0", "7"]) {
        assert_eq!(request.line, "POST /2/media/upload/188/append");
        let length = request.bytes.len().to_string();
        assert_eq!(request.header("content-length"), Some(length.as_str()));
        let parts = parts(request);
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].name, "segment_index");
        assert_eq!(parts[0].text(), index);
        assert_eq!(parts[1].name, "media");
        assert_eq!(parts[1].bytes, chunk);
    }
}

async fn with_both(body: &str) -> (Vec<Result<Uploaded, Failure>>, Vec<Request>) {
    let server = Server::start(vec![json(200, body), json(200, body)]).await;
    let client = client(&server);
    let finalized = client.finalize_upload(&token(), "188", NOW_MS).await;
    let status = client.upload_status(&token(), "188", NOW_MS).await;
    let uploads = [finalized, status].map(|answer| answer.map(|answer| answer.value));
    (uploads.into(), server.requests())
}

#[tokio::test]
async fn an_upload_is_finalized_and_asked_for() {
    let body = r#"{"data":{"id":"1880028106020515840","size":9,"expires_after_secs":86400,"processing_info":{"state":"pending","check_after_secs":5}}}"#;
    let (uploads, requests) = with_both(body).await;
    for upload in uploads {
        let check_after_s = Some(5);
        let pending = Processing::Pending { check_after_s };
        assert_eq!(upload.unwrap(), uploaded(pending, Some(86_400)));
    }
    assert_eq!(requests[0].line, "POST /2/media/upload/188/finalize");
    assert_eq!(requests[0].body, "");
    assert_eq!(
        requests[1].line,
        "GET /2/media/upload?command=STATUS&media_id=188"
    );
}

#[tokio::test]
async fn an_upload_without_processing_is_ready() {
    let (uploads, _) = with_both(r#"{"data":{"id":1880028106020515840}}"#).await;
    for upload in uploads {
        assert_eq!(upload.unwrap(), uploaded(Processing::Ready, None));
    }
}

#[tokio::test]
async fn a_failed_processing_is_an_answer() {
    let body = r#"{"data":{"id":"1880028106020515840","processing_info":{"state":"failed","progress_percent":0,"error":{"code":1,"name":"InvalidMedia","message":"Unsupported video format"}}}}"#;
    let (uploads, _) = with_both(body).await;
    for upload in uploads {
        let failed = Processing::Failed {
            code: Some(1),
            name: Some("InvalidMedia".to_owned()),
            message: Some("Unsupported video format".to_owned()),
        };
        assert_eq!(upload.unwrap(), uploaded(failed, None));
    }
}

#[tokio::test]
async fn an_upload_that_names_no_id_proves_nothing() {
    let (uploads, _) = with_both(r#"{"data":{"processing_info":{"state":"succeeded"}}}"#).await;
    for upload in uploads {
        assert_eq!(upload.unwrap_err().meaning, Meaning::Transient);
    }
}

#[tokio::test]
async fn media_are_described_before_the_post() {
    let body = r#"{"data":{"id":"188","associated_metadata":{}}}"#;
    let server = Server::start(vec![json(200, body)]).await;
    client(&server)
        .describe_media(&token(), "188", "a \"cat\"", NOW_MS)
        .await
        .unwrap();
    let request = server.request();
    assert_eq!(request.line, "POST /2/media/metadata");
    assert_eq!(
        request.body,
        r#"{"id":"188","metadata":{"alt_text":{"text":"a \"cat\""}}}"#
    );
}

#[tokio::test]
async fn words_that_nobody_acknowledged_were_not_taken() {
    let server = Server::start(vec![json(200, "{}")]).await;
    let described = client(&server)
        .describe_media(&token(), "188", "a cat", NOW_MS)
        .await;
    assert_eq!(described.unwrap_err().meaning, Meaning::Transient);
}
