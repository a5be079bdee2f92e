//! Demo accounts: what a newcomer can post to before connecting anything.

use entities::accounts::{Connection, Credentials, connect};
use entities::rows::account;
use entities::vault::Place;
use entities::{Platform, Timestamp, UserId};
use platforms::Profile;
use secrecy::{ExposeSecret, SecretString};
use tracing::info;

use crate::Fatal;
use crate::assemble::Parts;

/// The name and token of a demo account. The token opens nothing but a simulator.
pub fn credentials(platform: Platform, number: u32) -> (String, String) {
    let suffix = if number == 1 {
        String::new()
    } else {
        format!("_{number}")
    };
    (
        format!("demo{suffix}"),
        format!("demo-{platform}-token{suffix}"),
    )
}

/// Connects demo accounts on both platforms for `owner`. Repeating it changes nothing.
pub async fn connect_accounts(
    parts: &Parts,
    owner: &UserId,
    count: u32,
    now: Timestamp,
) -> Result<(), Fatal> {
    let known = entities::accounts::list(&parts.database, owner).await?;
    for number in 1..=count {
        for platform in Platform::ALL.iter().copied() {
            let (username, token) = credentials(platform, number);
            let token = SecretString::from(token);
            let has_it = |row: &account::Model| {
                let place = Place::AccessToken(&row.id);
                let sealed = row.access_token.as_deref();
                let opened = sealed.and_then(|sealed| parts.vault.open(place, sealed).ok());
                opened.is_some_and(|opened| opened.expose_secret() == token.expose_secret())
            };
            // A simulator that was started anew knows this token, and none that it gave before.
            if known
                .iter()
                .any(|row| row.platform == platform && row.username == username && has_it(row))
            {
                continue;
            }
            let profile = profile(parts, platform, number, &username, &token, now).await;
            let connection = Connection {
                owner_id: owner.clone(),
                platform,
                remote_user_id: profile.remote_user_id,
                username: profile.username,
                display_name: profile.display_name,
                picture_url: profile.picture_url,
                is_premium: profile.is_premium.unwrap_or(false),
                scopes: String::new(),
                credentials: Credentials::token(token),
            };
            let row = connect(&parts.database, &parts.vault, connection, now).await?;
            info!(account = %row.id, %platform, username = row.username, "demo account connected");
        }
    }
    Ok(())
}

/// What the stand-in says of the account, or what it most likely would.
async fn profile(
    parts: &Parts,
    platform: Platform,
    number: u32,
    username: &str,
    token: &SecretString,
    now: Timestamp,
) -> Profile {
    let asked = match platform {
        Platform::Threads => parts.platforms.threads.profile(token, now.as_ms()).await,
        Platform::X => parts.platforms.x.profile(token, now.as_ms()).await,
    };
    match asked {
        Ok(answer) => Profile {
            username: username.to_owned(),
            ..answer.value
        },
        Err(failure) => {
            info!(%platform, %failure, "the profile of the demo account can not be read; one is made up");
            Profile {
                remote_user_id: (27_173_231_000_000_000_u64 + u64::from(number)).to_string(),
                username: username.to_owned(),
                display_name: None,
                picture_url: None,
                is_premium: None,
            }
        }
    }
}
