//! Uploads, and single posts (x.md 3.2, 3.3, 2.7, 2.8).

use reqwest::header::HeaderMap;

use super::*;

const NOW_MS: i64 = 1_790_000_000_000;
const INVALID: &str = r#""title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.x.com/2/problems/invalid-request""#;
const UPLOADS: [Call; 6] = [
    Call::UploadImage,
    Call::InitializeUpload,
    Call::AppendUpload,
    Call::FinalizeUpload,
    Call::UploadStatus,
    Call::DescribeMedia,
];

fn judged(call: Call, status: u16, body: &str) -> Result<Answer<Value>, Failure> {
    let reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.as_bytes().to_vec()),
    };
    judge(call, &reply, NOW_MS)
}

fn check(call: Call, status: u16, body: &str, expected: Meaning) {
    let failure = judged(call, status, body).expect_err("a failure");
    assert_eq!(failure.meaning, expected, "{call:?}: {status} {body}");
}

fn invalid(message: &str) -> String {
    format!(r#"{{"errors":[{{"message":"{message}"}}],{INVALID}}}"#)
}

#[test]
fn a_part_too_large_is_refused_without_a_word() {
    for status in [413, 431] {
        check(Call::AppendUpload, status, "", rejected("chunk_too_large"));
        check(Call::UploadImage, status, "", rejected("media_too_large"));
        check(
            Call::InitializeUpload,
            status,
            "",
            rejected("invalid_request"),
        );
    }
}

#[test]
fn parts_that_do_not_add_up_lose_the_upload() {
    let words = "Segments do not add up to provided total file size.";
    let old = format!(r#"{{"request":"/1.1/media/upload.json","error":"{words}"}}"#);
    for body in [invalid(words), old] {
        check(Call::FinalizeUpload, 400, &body, Meaning::UploadLost);
        let failure = judged(Call::FinalizeUpload, 400, &body).unwrap_err();
        assert_eq!(failure.evidence.message.as_deref(), Some(words));
    }
}

#[test]
fn an_upload_that_is_not_known_is_lost() {
    let not_found = r#"{"errors":[{"title":"Not Found Error","detail":"Could not find media with id: [1].","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;
    for call in UPLOADS.into_iter().filter(|call| call.continues_upload()) {
        check(
            call,
            400,
            &invalid("BadRequest: Not found"),
            Meaning::UploadLost,
        );
        check(call, 400, not_found, Meaning::UploadLost);
        check(call, 404, not_found, Meaning::UploadLost);
        check(call, 404, "", Meaning::UploadLost);
        check(call, 200, not_found, Meaning::UploadLost);
    }
    for call in [Call::UploadImage, Call::InitializeUpload] {
        check(call, 404, "", Meaning::NotFound);
        check(
            call,
            400,
            &invalid("BadRequest: Not found"),
            rejected("invalid_request"),
        );
    }
}

#[test]
fn a_part_may_be_acknowledged_without_a_word() {
    for (status, body) in [
        (204, ""),
        (200, ""),
        (200, r#"{"data":{"expires_at":1790000000}}"#),
    ] {
        let answer = judged(Call::AppendUpload, status, body).unwrap();
        assert_eq!(answer.http_status, status);
    }
    for call in UPLOADS {
        check(call, 200, "<html>", Meaning::Transient);
        if call != Call::AppendUpload {
            check(call, 204, "", Meaning::Transient);
        }
    }
}

#[test]
fn other_refusals_of_an_upload_mean_what_they_mean_elsewhere() {
    for call in UPLOADS {
        check(
            call,
            400,
            &invalid("media parameter is missing."),
            rejected("invalid_request"),
        );
        check(call, 401, "", Meaning::Unauthorized);
        check(
            call,
            402,
            "",
            Meaning::Blocked {
                code: "credits_depleted",
            },
        );
        // Without `media.write` (x.md 1.5).
        let forbidden =
            r#"{"title":"Forbidden","type":"about:blank","status":403,"detail":"Forbidden"}"#;
        check(call, 403, forbidden, rejected("permission_missing"));
        for status in [500, 502, 503, 504] {
            check(call, status, "", Meaning::Transient);
        }
    }
    check(
        Call::InitializeUpload,
        400,
        &invalid("$.media_type: does not have a value in the enumeration"),
        rejected("invalid_request"),
    );
}

#[test]
fn a_failed_processing_is_no_failure_of_the_call() {
    let body = r#"{"data":{"id":"1","processing_info":{"state":"failed","error":{"code":1,"name":"InvalidMedia","message":"Unsupported video format"}}}}"#;
    for call in [Call::FinalizeUpload, Call::UploadStatus] {
        assert!(judged(call, 200, body).is_ok());
    }
}

#[test]
fn media_that_x_does_not_take_fail_the_post() {
    let body = invalid("Your media IDs are invalid.");
    check(Call::CreatePost, 400, &body, rejected("media_invalid"));
    check(Call::DescribeMedia, 400, &body, rejected("media_invalid"));
}

#[test]
fn a_delete_may_be_repeated() {
    for (status, body) in [(503, ""), (500, "<html>"), (200, ""), (408, "")] {
        check(Call::DeletePost, status, body, Meaning::Transient);
        check(Call::ReadPost, status, body, Meaning::Transient);
    }
    check(Call::DeletePost, 404, "", Meaning::NotFound);
}
