//! What a product needs to run against a simulator, in words that a shell understands.

use simulator::Simulator;

/// The addresses of both platforms and the apps that are registered with them.
pub fn platforms(url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("DUALPOSTS_THREADS_API_URL", url.to_owned()),
        ("DUALPOSTS_X_API_URL", url.to_owned()),
        ("DUALPOSTS_X_WEB_URL", url.to_owned()),
        (
            "DUALPOSTS_THREADS_AUTHORIZE_URL",
            format!("{url}/oauth/authorize"),
        ),
        (
            "DUALPOSTS_THREADS_APP_ID",
            simulator::THREADS_APP_ID.to_owned(),
        ),
        (
            "DUALPOSTS_THREADS_APP_SECRET",
            simulator::THREADS_APP_SECRET.to_owned(),
        ),
        (
            "DUALPOSTS_X_AUTHORIZE_URL",
            format!("{url}/i/oauth2/authorize"),
        ),
        ("DUALPOSTS_X_CLIENT_ID", simulator::X_CLIENT_ID.to_owned()),
        (
            "DUALPOSTS_X_CLIENT_SECRET",
            simulator::X_CLIENT_SECRET.to_owned(),
        ),
    ]
}

/// The simulated Clerk instance. A product with it needs `DUALPOSTS_PUBLIC_URL` as well.
pub fn clerk(simulator: &Simulator) -> Vec<(&'static str, String)> {
    vec![
        ("CLERK_PUBLISHABLE_KEY", simulator.clerk_publishable_key()),
        ("CLERK_SECRET_KEY", simulator::CLERK_SECRET_KEY.to_owned()),
        ("CLERK_API_URL", simulator.clerk_api_url()),
        ("CLERK_PROXY_URL", simulator.clerk_proxy_url()),
        (
            "CLERK_WEBHOOK_SIGNING_SECRET",
            simulator::CLERK_WEBHOOK_SECRET.to_owned(),
        ),
    ]
}

/// One `export` for each.
pub fn print(variables: &[(&str, String)]) {
    for (name, value) in variables {
        println!("export {name}={value}");
    }
}
