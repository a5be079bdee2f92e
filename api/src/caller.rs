//! For whom a request is, and what for. A handler that takes a [`Caller`] cannot run without one,
//! nor for one who may not do what the handler's type says.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use entities::UserId;
use entities::scopes::{Scope, Scopes};

use crate::guard::throttle;
use crate::problem::Problem;
use crate::sign_in::{Principal, Via, principal};
use crate::state::State;

/// What a handler needs its caller to be let do.
pub trait Needs {
    /// All of these.
    const SCOPES: &'static [Scope];
}

macro_rules! needs {
    ($($(#[$meta:meta])* $name:ident: [$($scope:ident),*],)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug)]
            pub struct $name;

            impl Needs for $name {
                const SCOPES: &'static [Scope] = &[$(Scope::$scope),*];
            }
        )+
    };
}

needs! {
    /// To be somebody.
    Anyone: [],
    /// To see posts and what became of them.
    ReadsPosts: [PostsRead],
    /// To submit, change and cancel posts.
    WritesPosts: [PostsWrite],
    /// To see connected profiles.
    ReadsAccounts: [AccountsRead],
    /// To connect and disconnect profiles.
    WritesAccounts: [AccountsWrite],
    /// To list, make and revoke API keys.
    WritesKeys: [KeysWrite],
    /// To see webhooks, and what was sent to them.
    ReadsWebhooks: [WebhooksRead],
    /// To have events sent somewhere: what they tell of posts, others learn by reading these.
    SendsEvents: [WebhooksWrite, PostsRead],
    /// To delete webhooks, to change their secrets, and to have something sent again.
    WritesWebhooks: [WebhooksWrite],
}

/// The person on whose behalf a request is made. Where their id comes from is proven; no handler
/// takes one from the request.
#[derive(Clone, Debug)]
pub struct Caller<N: Needs> {
    pub owner: UserId,
    pub via: Via,
    pub scopes: Scopes,
    needs: PhantomData<N>,
}

impl<N: Needs + 'static> FromRequest for Caller<N> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = request.app_data::<web::Data<State>>().cloned();
            let state = state.ok_or_else(Problem::unavailable)?;
            let principal = principal(&state, &request).await?;
            throttle::by_credential(&request, &principal, state.clock.now())?;
            let Principal { owner, via, scopes } = principal;
            if let Some(scope) = N::SCOPES.iter().find(|scope| !scopes.allow(**scope)) {
                return Err(Problem::scope_missing(*scope));
            }
            Ok(Caller {
                owner,
                via,
                scopes,
                needs: PhantomData,
            })
        })
    }
}
