use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn container() -> Container {
    Container {
        id: "c1".into(),
        made_at: at(1),
        refused_at: None,
    }
}

fn every_checkpoint() -> Vec<Checkpoint> {
    vec![
        Checkpoint::Start,
        Checkpoint::Preparing {
            container: container(),
        },
        Checkpoint::Ready {
            container: container(),
        },
        Checkpoint::Sent {
            container: None,
            at: at(2),
            seen_live: false,
        },
        Checkpoint::Sent {
            container: Some(container()),
            at: at(2),
            seen_live: true,
        },
        Checkpoint::Live {
            remote_id: "m1".into(),
        },
    ]
}

fn error() -> DeliveryError {
    DeliveryError {
        code: "x".into(),
        message: "x".into(),
        action: "x".into(),
        retryable: false,
        platform: None,
    }
}

#[test]
fn every_status_has_its_line_in_the_table_of_changes() {
    for status in Status::ALL {
        assert_eq!(
            Status::TRANSITIONS
                .iter()
                .filter(|(from, _)| from == status)
                .count(),
            1
        );
    }
}

#[test]
fn what_is_published_or_canceled_never_changes_again() {
    for to in Status::ALL {
        assert!(!Published.can_become(*to) && !Canceled.can_become(*to));
    }
}

#[test]
fn an_expired_claim_that_may_have_published_is_unconfirmed_and_any_other_is_queued() {
    for checkpoint in every_checkpoint() {
        let sent = checkpoint.effect() == Effect::Publishes;
        let progress = Progress {
            checkpoint,
            ..Progress::start(0)
        };
        let change = when_claim_expires(Publishing, &progress, at(9));
        assert_eq!(
            change.to(),
            if sent { Unconfirmed } else { Queued },
            "{progress:?}"
        );
        assert!(change.is_legal_after(Publishing, &progress));
        if sent {
            assert_eq!(change.progress().unresolved_since, Some(at(2)));
        }
    }
}

#[test]
fn what_was_sent_without_an_outcome_can_neither_be_queued_nor_sent_again() {
    let start = Progress::start(0);
    let sent = Progress {
        checkpoint: Checkpoint::Sent {
            container: None,
            at: at(2),
            seen_live: false,
        },
        ..start.clone()
    };
    for status in [Publishing, Unconfirmed] {
        assert!(
            !Change::queued(sent.clone(), at(3), WaitReason::Turn).is_legal_after(status, &sent)
        );
        assert!(!Change::processing(sent.clone(), at(3)).is_legal_after(status, &sent));
        assert!(!Change::needs_reconnect(sent.clone(), error()).is_legal_after(status, &sent));
        assert!(!Change::go_on(sent.clone()).is_legal_after(status, &sent));
    }
    assert!(
        Change::go_on(sent.clone()).is_legal_after(Publishing, &start),
        "the first send is legal"
    );
    let next_part = Progress {
        part_index: 1,
        ..sent.clone()
    };
    assert!(
        Change::go_on(next_part).is_legal_after(Publishing, &sent),
        "and so is the next part's"
    );
}

#[test]
fn a_change_from_a_settled_or_waiting_status_is_refused() {
    let start = Progress::start(0);
    let changes = [
        Change::go_on(start.clone()),
        Change::processing(start.clone(), at(1)),
        Change::queued(start.clone(), at(1), WaitReason::Turn),
        Change::published(start.clone(), at(1)),
        Change::needs_reconnect(start.clone(), error()),
        Change::failed(start.clone(), error()),
    ];
    for change in &changes {
        assert!(change.is_legal_after(Publishing, &start), "{change:?}");
        for from in [Published, Canceled, Processing] {
            assert!(!change.is_legal_after(from, &start), "{from} {change:?}");
        }
    }
}

#[test]
fn a_worker_that_stops_leaves_its_step_to_others() {
    let ready = Progress::start(0).reached(Checkpoint::Ready {
        container: container(),
    });
    let change = Change::go_on(ready).release(at(7), WaitReason::Turn);
    assert_eq!((change.to(), change.next_at()), (Processing, Some(at(7))));
    let start = Change::go_on(Progress::start(1)).release(at(7), WaitReason::Turn);
    assert_eq!((start.to(), start.next_at()), (Queued, Some(at(7))));
    let done = Change::published(Progress::start(0), at(5));
    assert_eq!(done.clone().release(at(7), WaitReason::Turn), done);
}
