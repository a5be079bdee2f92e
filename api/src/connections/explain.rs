//! What to tell a person whose connection did not come about.

use entities::Platform;
use platforms::oauth::{Failure, Refusal};
use platforms::x::oauth::Tokens;

use crate::problem::Problem;

/// Scopes of X without which nothing of what we are for works (x.md 1.1).
const NEEDED_OF_X: [&str; 3] = ["tweet.read", "tweet.write", "users.read"];

/// What the consent page sent back in place of a code.
pub struct ConsentError {
    pub error: Option<String>,
    pub reason: Option<String>,
    pub description: Option<String>,
}

/// No app of ours is set up at the platform.
pub fn not_set_up(platform: Platform) -> Problem {
    let action = match platform {
        Platform::Threads => {
            "Set DUALPOSTS_THREADS_APP_ID and DUALPOSTS_THREADS_APP_SECRET, or connect with a token at `POST /v1/accounts`."
        }
        Platform::X => {
            "Set DUALPOSTS_X_CLIENT_ID and DUALPOSTS_X_CLIENT_SECRET, or connect with a token at `POST /v1/accounts`."
        }
    };
    Problem::not_configured("No app is set up for this platform.", action)
}

/// Nobody began this, or it is finished.
pub fn state_unknown() -> Problem {
    Problem::conflict(
        "connection_unknown",
        "This connection was not begun here, or it was finished already.",
        "Press Connect again.",
    )
}

/// Somebody else began it.
pub fn another_callers() -> Problem {
    Problem::conflict(
        "connection_of_another",
        "This connection was begun by somebody else.",
        "If you did not press Connect yourself just now, somebody may have sent you here to gain access to your profile: close this page. Otherwise press Connect again.",
    )
}

/// It took too long.
pub fn state_expired() -> Problem {
    Problem::conflict(
        "connection_expired",
        "This connection was begun too long ago.",
        "Press Connect again, and answer the platform's question within half an hour.",
    )
}

/// The person, or the platform in their place, said no.
pub fn not_consented(platform: Platform, error: &ConsentError) -> Problem {
    let name = name(platform);
    let said = [&error.error, &error.reason, &error.description];
    let said: Vec<&str> = said.into_iter().flatten().map(String::as_str).collect();
    let said = (!said.is_empty()).then(|| format!("{name} says: {}.", said.join(", ")));
    let is_denial = error.error.as_deref() == Some("access_denied");
    let problem = if is_denial {
        Problem::unprocessable(
            "consent_denied",
            &format!("You did not allow DualPosts to post to {name} for you."),
            "Nothing was connected. To connect after all, press Connect again and choose to allow it.",
        )
    } else {
        Problem::unprocessable(
            "consent_failed",
            &format!("{name} did not give its consent page's permission."),
            &format!(
                "Check the app's settings at {name}: its redirect address must be exactly the one that DualPosts shows, and it must be allowed to read and write. Then press Connect again."
            ),
        )
    };
    problem.with_detail(said)
}

/// The platform refused the code or a token.
pub fn refused(platform: Platform, failure: &Failure) -> Problem {
    let name = name(platform);
    let problem = match &failure.refusal {
        Refusal::CodeDead => Problem::unprocessable(
            "code_expired",
            &format!(
                "{name} does not take the permission any more: it was used already or came too late."
            ),
            "Press Connect again.",
        ),
        Refusal::GrantDead => Problem::unprocessable(
            "grant_dead",
            &format!("{name} does not accept the permission that it has just given."),
            "Press Connect again. For Threads, check that the account has accepted the invitation to test the app.",
        ),
        Refusal::AppRefused => Problem::not_configured(
            &format!("{name} refuses the app that is set up here."),
            app_action(platform),
        ),
        Refusal::Rejected => Problem::unprocessable(
            "platform_refused",
            &format!("{name} refuses to connect this profile."),
            "Read what the platform says, put it right there, and press Connect again.",
        ),
        Refusal::NotDone | Refusal::Unknown | Refusal::Limited { .. } => Problem::bad_gateway(
            &format!("{name} could not be asked."),
            "Press Connect again in a minute.",
        ),
    };
    problem.with_detail(Some(format!("{name}: {failure}.")))
}

fn app_action(platform: Platform) -> &'static str {
    match platform {
        Platform::Threads => {
            "Check DUALPOSTS_THREADS_APP_ID and DUALPOSTS_THREADS_APP_SECRET: they must be the Threads app's, not the Meta app's, and the redirect address must be listed there exactly."
        }
        Platform::X => {
            "Check DUALPOSTS_X_CLIENT_ID and DUALPOSTS_X_CLIENT_SECRET, and that the app is a confidential client (Web App) with read and write permission."
        }
    }
}

/// X lets a person's app ask for less than we need.
pub fn refuse_missing_scopes(tokens: &Tokens) -> Result<(), Problem> {
    refuse_missing(&tokens.scopes)?;
    if tokens.refresh.is_none() {
        return Err(Problem::unprocessable(
            "permission_missing",
            "X gave a permission that ends in two hours and can not be renewed.",
            "The app must be allowed the scope offline.access; press Connect again.",
        ));
    }
    Ok(())
}

/// The same of scopes that were granted; none: it is not known which.
pub fn refuse_missing(granted: &[String]) -> Result<(), Problem> {
    let missing: Vec<&str> = NEEDED_OF_X
        .into_iter()
        .filter(|needed| !granted.is_empty() && !granted.iter().any(|one| one == needed))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let problem = Problem::unprocessable(
        "permission_missing",
        "X gave less permission than posting needs.",
        "Give the app read and write permission in X's developer console, and press Connect again.",
    );
    Err(problem.with_detail(Some(format!("Missing: {}.", missing.join(", ")))))
}

/// Others are asking Clerk about the same user.
pub fn clerk_is_busy() -> Problem {
    Problem::bad_gateway(
        "Clerk is being asked about you at this moment.",
        "Try again in a few seconds.",
    )
}

/// This person did not come by Clerk.
pub fn no_clerk() -> Problem {
    Problem::not_configured(
        "Profiles that are linked at Clerk are connected only for who signs in with Clerk.",
        "Sign in on the page, or connect with `POST /v1/connections`.",
    )
}

/// Clerk knows the profile and holds no token of it.
pub fn clerk_has_no_token() -> Problem {
    Problem::unprocessable(
        "clerk_has_no_token",
        "Clerk holds no token of this profile.",
        "Press Connect again.",
    )
}

/// Clerk could not be asked, or would not answer.
pub fn clerk_failed(failure: &clerk::backend::Failure) -> Problem {
    use clerk::backend::Meaning;
    let problem = match &failure.meaning {
        Meaning::Reconnect { .. } => Problem::unprocessable(
            "grant_dead",
            "The profile's permission has ended, and Clerk can not renew it.",
            "Press Connect again.",
        ),
        Meaning::UserGone | Meaning::UserBanned => Problem::unprocessable(
            "user_gone",
            "Clerk does not let this user in any more.",
            "Ask whoever runs this installation.",
        ),
        Meaning::Config { .. } | Meaning::BadSecret => Problem::not_configured(
            "Clerk refuses what is set up here.",
            "Check CLERK_SECRET_KEY, and that the connections for X and Threads are enabled in Clerk with the keys `x` and `threads`.",
        ),
        Meaning::LimitedFor(_) | Meaning::Race | Meaning::Transient { .. } => {
            Problem::bad_gateway("Clerk could not be asked.", "Try again in a minute.")
        }
    };
    problem.with_detail(Some(format!("Clerk: {failure}.")))
}

fn name(platform: Platform) -> &'static str {
    match platform {
        Platform::Threads => "Threads",
        Platform::X => "X",
    }
}
