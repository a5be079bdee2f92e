//! Files leave the product only by links that it signed, and only for a day.

use std::time::Duration;

use entities::content::{MediaKind, PartMedia};
use entities::media::find_all;
use media::testing::png;
use reqwest::{Method, StatusCode};
use tests::both_modes;

use super::upload;

both_modes! {
    async fn a_file_is_given_to_whoever_holds_its_link_until_the_link_ends(app: &TestApp) {
        let bytes = png(64, 48);
        let (id, other) = (upload(app, bytes.clone()).await, upload(app, png(48, 64)).await);
        let row = find_all(&app.backend.database, &app.owner, &[id.parse().unwrap()]).await.unwrap().remove(0);
        let media = PartMedia {
            id: row.id, alt_text: None, kind: MediaKind::Image, mime: row.mime, bytes: bytes.len() as u64, key: row.key,
        };
        let address = app.worker.source.address(&media, app.clock.now());
        let path = address.strip_prefix(app.page_url()).unwrap().to_owned();
        // No account and no key: only the link counts.
        let anybody = app.client.with_key("");
        let fetched = reqwest::get(&address).await.unwrap();
        assert_eq!(fetched.status(), StatusCode::OK);
        assert_eq!(fetched.headers()["content-type"], "image/png");
        assert_eq!(fetched.bytes().await.unwrap(), bytes);
        let head = anybody.send(Method::HEAD, &path, &[], None).await;
        assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, bytes.len().to_string().as_str()));

        let expires = path.split("expires=").nth(1).unwrap().split('&').next().unwrap();
        let later = (expires.parse::<i64>().unwrap() + 3_600).to_string();
        let signature = path.rsplit('=').next().unwrap();
        let mut wrong = signature.to_owned();
        wrong.replace_range(..1, if wrong.starts_with('A') { "B" } else { "A" });
        for forged in [
            path.replace(&id, &other),
            path.replace(expires, &later),
            path.replace(signature, &wrong),
            path.replace(signature, ""),
            path.split('&').next().unwrap().to_owned(),
            path.split('?').next().unwrap().to_owned(),
            format!("/media/{id}"),
        ] {
            // The owner's own key opens nothing here either.
            for client in [&anybody, &app.client] {
                client.get(&forged).await.problem(404, "not_found");
            }
        }
        app.clock.advance(Duration::from_secs(24 * 3_600));
        anybody.get(&path).await.problem(410, "gone");
    }
}
