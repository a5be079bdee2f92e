//! The words for people in an error. They follow the account's language, so
//! a client that matches on them breaks (threads.md 5.1).

use crate::settings::Language;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice<'a> {
    MediaNotFound(&'a str),
    InvalidLink,
    RateLimited,
    Restricted,
    Blocked,
    DownloadFailed(&'a str),
    InvalidChildren(&'a str),
}

/// `error_user_title` and `error_user_msg`.
pub(crate) fn notice(notice: Notice<'_>, language: Language) -> (&'static str, Option<String>) {
    use Language::{English, French, Korean, Vietnamese};
    match notice {
        Notice::MediaNotFound(id) => match language {
            English => (
                "Media Not Found",
                Some(format!("The media with id {id} cannot be found.")),
            ),
            Vietnamese => (
                "Không tìm thấy nội dung",
                Some(format!("Không tìm thấy nội dung có ID {id}.")),
            ),
            Korean => (
                "미디어를 찾을 수 없음",
                Some(format!("ID가 {id}인 미디어를 찾을 수 없습니다.")),
            ),
            French => (
                "Média introuvable",
                Some(format!("Le média avec l’ID {id} est introuvable.")),
            ),
        },
        Notice::InvalidLink => match language {
            English => (
                "Invalid Link Attachment",
                Some(
                    "The post you're trying to publish has an invalid link attachment.".to_owned(),
                ),
            ),
            Vietnamese => ("Liên kết đính kèm không hợp lệ", None),
            Korean => ("잘못된 링크 첨부", None),
            French => ("Lien joint non valide", None),
        },
        Notice::RateLimited => match language {
            English => ("Threads API Rate Limit Exceeded", None),
            Vietnamese => ("Đã vượt quá giới hạn API Threads", None),
            Korean => ("Threads API 한도 초과", None),
            French => ("Limite de l’API Threads dépassée", None),
        },
        Notice::DownloadFailed(url) => match language {
            English => (
                "Media download has failed.",
                Some(format!(
                    "The media could not be fetched from this URI: {url}"
                )),
            ),
            Vietnamese => ("Tải nội dung xuống không thành công.", None),
            Korean => ("미디어를 다운로드하지 못했습니다.", None),
            French => ("Échec du téléchargement du média.", None),
        },
        Notice::InvalidChildren(ids) => match language {
            English => (
                "Invalid Carousel Children",
                Some(format!(
                    "The children with IDs {ids} are invalid, nonexistent, or expired."
                )),
            ),
            Vietnamese => ("Mục con của bài viết quay vòng không hợp lệ", None),
            Korean => ("잘못된 슬라이드 하위 항목", None),
            French => ("Éléments du carrousel non valides", None),
        },
        Notice::Restricted => match language {
            English => ("Threads account restricted", None),
            Vietnamese => ("Tài khoản Threads bị hạn chế", None),
            Korean => ("Threads 계정이 제한됨", None),
            French => ("Compte Threads restreint", None),
        },
        Notice::Blocked => match language {
            English => (
                "Action Blocked",
                Some("We restrict certain activity to protect our community.".to_owned()),
            ),
            Vietnamese => ("Hành động bị chặn", None),
            Korean => ("차단된 작업", None),
            French => ("Action bloquée", None),
        },
    }
}
