//! Going away without anybody noticing: from the signal on, who balances the load is told to send
//! requests elsewhere, and every client to open its next connection elsewhere too.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use tokio::sync::watch;

/// Whether this process has been told to end. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Draining(watch::Sender<bool>);

impl Default for Draining {
    fn default() -> Self {
        Draining(watch::Sender::new(false))
    }
}

impl Draining {
    /// From now on.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it begins: for answers that would never end by themselves.
    pub async fn begins(&self) {
        // The sender is `self`, so it can not be gone.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

/// The middleware: while draining, the connection is closed after the answer. A connection that was
/// kept would be cut at some moment, and a request that is on its way in that moment would be lost.
pub async fn turn_away(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let draining = request.app_data::<web::Data<Draining>>().cloned();
    let mut response = next.call(request).await?;
    if draining.is_some_and(|draining| draining.has_begun()) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_it_hears_of_it_whether_before_or_after() {
        let draining = Draining::default();
        let (early, begun) = (draining.clone(), draining.clone());
        assert!(!draining.has_begun());
        let waiting = tokio::spawn(async move { early.begins().await });
        begun.begin();
        waiting.await.unwrap();
        draining.begins().await;
        assert!(draining.has_begun());
    }
}
