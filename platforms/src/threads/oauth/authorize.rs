//! The window in which the person says yes (threads.md 2.1).

use crate::oauth::address_with;

/// What is asked for. Permissions are baked into the token: one more means that every person
/// connects again (threads.md 0 point 8; 2.2).
///
/// - `threads_basic`: every call, and the refresh of the token.
/// - `threads_content_publish`: creating and publishing containers.
/// - `threads_manage_replies`: any container with `reply_to_id`, also under the person's own post;
///   the parts of a chain are such.
/// - `threads_read_replies`: listing the profile's replies, to find a part whose publish got no
///   answer.
/// - `threads_delete`: deleting a post.
pub const SCOPES: &[&str] = &[
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_delete",
];

/// The address to send the browser to. `authorize_base` is the window's, for example
/// `https://threads.net/oauth/authorize`; `redirect_uri` must be listed in the app's settings to
/// the letter. Scopes are joined with commas; whether `+` would do is not known (threads.md 2.1).
pub fn authorize_url(
    authorize_base: &str,
    app_id: &str,
    redirect_uri: &str,
    scopes: &[&str],
    state: &str,
) -> String {
    let fields = [
        ("client_id", app_id),
        ("redirect_uri", redirect_uri),
        ("scope", &scopes.join(",")),
        ("response_type", "code"),
        ("state", state),
    ];
    address_with(authorize_base, &fields)
}

/// What the window says in place of a redirect, explained. It shows the person a JSON document, so
/// this server learns of it only from the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizeError {
    /// Ours, and stable: `not_a_tester`, `redirect_uri_not_listed`, `wrong_app_id`,
    /// `unknown_error`.
    pub code: &'static str,
    pub sentence: &'static str,
    pub what_to_do: &'static str,
}

/// Explains the `error_code` of the window's JSON; `None` for a code that is not on record
/// (threads.md 2.1).
pub fn explain_authorize_error(error_code: i64) -> Option<AuthorizeError> {
    let (code, sentence, what_to_do) = match error_code {
        1_349_245 => (
            "not_a_tester",
            "This Threads profile has not accepted the invitation to test the app.",
            "Invite the profile under App roles as a Threads tester, and accept the invitation in \
             Threads under Settings, Account, Website permissions, Invites. An app that Meta has \
             approved needs no testers.",
        ),
        1_349_168 => (
            "redirect_uri_not_listed",
            "The redirect address is not listed in the app's settings.",
            "List the redirect address in the settings of the Threads use case exactly as this \
             server sends it. The dashboard may have added a slash at the end, and saves the form \
             only when the uninstall and delete addresses are filled in too.",
        ),
        1_349_026 => (
            "wrong_app_id",
            "Meta knows no Threads app with this id.",
            "Set the id of the Threads app, which the settings of the Threads use case show. The \
             id of the Meta app is another one.",
        ),
        1 => (
            "unknown_error",
            "Threads reports an unknown error.",
            "Check that the id of the Threads app is set and that the redirect address is listed; \
             then try once more.",
        ),
        _ => return None,
    };
    Some(AuthorizeError {
        code,
        sentence,
        what_to_do,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_address_is_the_documented_one() {
        let url = authorize_url(
            "https://threads.net/oauth/authorize",
            "990602627938098",
            "https://app.example/cb?a=1",
            &["threads_basic", "threads_content_publish"],
            "x y&z",
        );
        assert_eq!(
            url,
            "https://threads.net/oauth/authorize?client_id=990602627938098\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3D1\
             &scope=threads_basic%2Cthreads_content_publish&response_type=code&state=x%20y%26z"
        );
    }

    #[test]
    fn the_scope_without_which_nothing_works_is_asked_for() {
        assert_eq!(SCOPES[0], "threads_basic");
        assert_eq!(SCOPES.len(), 5);
    }

    #[test]
    fn every_recorded_error_of_the_window_is_explained() {
        for (error_code, code) in [
            (1_349_245, "not_a_tester"),
            (1_349_168, "redirect_uri_not_listed"),
            (1_349_026, "wrong_app_id"),
            (1, "unknown_error"),
        ] {
            let explained = explain_authorize_error(error_code).unwrap();
            assert_eq!(explained.code, code);
            assert!(explained.sentence.ends_with('.'));
            assert!(!explained.what_to_do.contains("  "));
        }
        assert_eq!(explain_authorize_error(2), None);
    }
}
