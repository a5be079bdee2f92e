//! What others tell us: Clerk of its users, Meta of people who take their consent back. Everyone
//! may call these; only what is signed counts.

mod clerk_users;
mod threads_people;
mod userinfo;

pub use clerk_users::clerk;
pub use threads_people::{deauthorize, delete_data, deletion};
pub use userinfo::userinfo;

#[doc(hidden)]
pub use clerk_users::__path_clerk;
#[doc(hidden)]
pub use threads_people::{__path_deauthorize, __path_delete_data, __path_deletion};
#[doc(hidden)]
pub use userinfo::__path_userinfo;
