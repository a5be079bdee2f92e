//! The instance as its script sees it.

use serde_json::{Value, json};

use super::user::Provider;
use super::visit::Visit;

pub(crate) fn json(visit: &Visit<'_>) -> Value {
    let base = visit.base();
    let home = visit.request.origin.clone().unwrap_or_else(|| base.clone());
    let settings = &visit.settings.clerk;
    let is_live = settings.secret_key.starts_with("sk_live_");
    let social = |provider: Provider, name: &str| {
        json!({
            "enabled": settings.providers.contains(&provider), "authenticatable": true,
            "required": false, "block_email_subaddresses": false, "not_selectable": false,
            "deprecated": false, "strategy": provider.strategy(), "name": name, "logo_url": null,
        })
    };
    json!({
        "object": "environment", "id": "env_sim",
        "auth_config": {
            "object": "auth_config", "id": "aconf_sim", "single_session_mode": true,
            "reverification": settings.reverification, "session_minter": false,
        },
        "display_config": {
            "object": "display_config", "id": "display_config_sim",
            "instance_environment_type": if is_live { "production" } else { "development" },
            "application_name": "Simulated Clerk", "branded": false, "captcha_provider": null,
            "captcha_public_key": null, "captcha_widget_type": null, "show_devmode_warning": false,
            "preferred_sign_in_strategy": "otp", "theme": {}, "support_email": "",
            "home_url": home, "sign_in_url": format!("{base}/clerk/sign-in"),
            "sign_up_url": format!("{base}/clerk/sign-up"),
            "user_profile_url": format!("{base}/clerk/sign-in"),
            "after_sign_in_url": home, "after_sign_up_url": home,
            "after_sign_out_one_url": home, "after_sign_out_all_url": home,
            "after_switch_session_url": home,
        },
        "user_settings": {
            "attributes": {}, "actions": {}, "sign_in": {}, "sign_up": {"mode": "public"},
            "password_settings": {}, "username_settings": {}, "passkey_settings": {},
            "social": {
                "oauth_x": social(Provider::X, "X"),
                "oauth_custom_threads": social(Provider::Threads, "Threads"),
            },
        },
        "organization_settings": {"enabled": false},
        "commerce_settings": {"billing": {
            "stripe_publishable_key": "", "user": {"enabled": false, "has_paid_plans": false},
            "organization": {"enabled": false, "has_paid_plans": false},
        }},
        "api_keys_settings": {"user_api_keys_enabled": false, "orgs_api_keys_enabled": false},
        "maintenance_mode": false, "client_debug_mode": false, "partitioned_cookies": false,
    })
}
