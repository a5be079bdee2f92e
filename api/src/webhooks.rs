//! What others tell us: Clerk of its users, Meta of people who take their consent back. Everyone
//! may call these; only what is signed counts.

pub mod clerk_users;
pub mod threads_people;
pub mod userinfo;
