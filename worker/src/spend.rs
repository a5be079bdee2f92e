//! What a step costs at X (`platforms::x::price`), and what is known of it afterwards. Pure.
//!
//! The budget holds back what publishes: posts, and the words for their files. What is needed to know the
//! truth (a look for a post whose outcome is unknown) and what people ask for (a removal) is counted and
//! never held back.

use entities::claims::Work;
use entities::content::Part;
use entities::delivery::{Checkpoint, Claim, Progress, Status};
use entities::lanes::Lane;
use entities::month::Month;
use entities::rates::{Ends, Take, Taking};
use entities::rows::attempt::Verdict;
use entities::spend::{BUDGET, Charge, ChargeKind, ChargeState};
use entities::{Platform, Timestamp};
use platforms::x::price;
use platforms::{Failure, Meaning};

use crate::step::Step;

/// What a step will cost, before it is made; `None`: nothing that is known beforehand. `armed` is how far
/// the claim says that it got.
pub fn before(
    work: &Work,
    part: &Part,
    step: &Step,
    armed: &Progress,
    now: Timestamp,
) -> Option<Charge> {
    match (step, &armed.checkpoint) {
        (Step::CreatePost, Checkpoint::Sent { at, .. }) => Some(of_send(work, part, armed, *at)),
        (Step::DescribeMedia(upload), _) => {
            // Each call is charged, the same again after a crash as well. Two files are described one after
            // the other, and may be within one millisecond.
            let called_at = Timestamp::from_ms(now.as_ms() + i64::from(upload.position));
            let what = ChargeKind::DescribeMedia;
            let amount = price::DESCRIBE_MEDIA;
            Some(Charge {
                month: Month::of(now),
                ..charge(work, armed.part_index, what, called_at, amount)
            })
        }
        _ => None,
    }
}

fn of_send(work: &Work, part: &Part, progress: &Progress, sent_at: Timestamp) -> Charge {
    let kind = if price::has_link(&part.text) {
        ChargeKind::CreatePostWithLink
    } else {
        ChargeKind::CreatePost
    };
    let amount = price::create_post(&part.text);
    charge(work, progress.part_index, kind, sent_at, amount)
}

fn charge(
    work: &Work,
    part_index: i32,
    what: ChargeKind,
    called_at: Timestamp,
    micro_dollars: i64,
) -> Charge {
    let row = &work.delivery;
    Charge {
        delivery_id: row.id.clone(),
        owner_id: row.owner_id.clone(),
        account_id: row.account_id.clone(),
        part_index,
        what,
        called_at,
        micro_dollars,
        state: ChargeState::Reserved,
        month: Month::of(called_at),
    }
}

/// What a charge takes from the month's budget.
pub fn take(budget: i64, charge: &Charge) -> Take {
    Take {
        lane: Lane::App(Platform::X),
        name: BUDGET,
        max: budget,
        ends: Ends::At(charge.month.end()),
        refundable: true,
        takes: Taking::Money {
            charge: charge.clone(),
            least: price::CREATE_POST,
        },
    }
}

/// The charge of a send whose outcome is looked for.
pub fn looked_for(work: &Work, part: &Part, claim: &Claim) -> Option<Charge> {
    match &claim.progress.checkpoint {
        Checkpoint::Sent { at, .. }
            if claim.platform == Platform::X && claim.status == Status::Unconfirmed =>
        {
            Some(of_send(work, part, &claim.progress, *at))
        }
        _ => None,
    }
}

/// What is known of the charge for the step itself.
pub fn after_call(verdict: Verdict, failure: Option<&Failure>, publishes: bool) -> ChargeState {
    match failure {
        None => ChargeState::Settled,
        Some(_) if publishes => match verdict {
            Verdict::Unknown => ChargeState::Reserved,
            _ => ChargeState::Released,
        },
        Some(failure) => unanswered(failure),
    }
}

/// What is known of the charge for a send, after a look for it.
pub fn after_look(verdict: Verdict, to: Status) -> ChargeState {
    match (verdict, to) {
        (Verdict::Done, _) => ChargeState::Settled,
        (Verdict::Unknown, _) | (_, Status::Unconfirmed) => ChargeState::Reserved,
        _ => ChargeState::Released,
    }
}

/// What is known of a call that may be repeated and failed: an answer that was lost, or a problem of the
/// platform's own, does not say whether it was carried out.
pub fn unanswered(failure: &Failure) -> ChargeState {
    match failure.meaning {
        Meaning::Unknown | Meaning::Transient => ChargeState::Reserved,
        _ => ChargeState::Released,
    }
}

/// What a read that returned so many posts cost; nothing for none.
pub fn of_reading(
    work: &Work,
    part_index: i32,
    posts: usize,
    asked_at: Timestamp,
) -> Option<Charge> {
    let posts = i64::try_from(posts).unwrap_or(i64::MAX);
    let is_charged = work.delivery.platform == Platform::X && posts > 0;
    is_charged.then(|| {
        let amount = posts.saturating_mul(price::READ_POST);
        let read = charge(work, part_index, ChargeKind::ReadPosts, asked_at, amount);
        read.becomes(ChargeState::Settled)
    })
}

/// What removing a part costs. It can be removed once only, however often that is asked for.
pub fn of_removal(work: &Work, part_index: i32, asked_at: Timestamp) -> Charge {
    let never = Timestamp::from_ms(0);
    Charge {
        month: Month::of(asked_at),
        ..charge(
            work,
            part_index,
            ChargeKind::DeletePost,
            never,
            price::DELETE_POST,
        )
    }
}
