//! The rules that keep a post from being out twice, each of which can be taken out of the model.

/// Which rules hold. Numbers are those of ARCHITECTURE.md, "The state machine".
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// 1: a visible call without an outcome is looked for, not made again.
    pub unknown_is_looked_for: bool,
    /// 2: a claim that expires is judged by its checkpoint.
    pub expired_send_is_unconfirmed: bool,
    /// 2: "about to publish" is saved before the call.
    pub saved_before_the_call: bool,
    /// 3: a step begins only if the lease outlasts its time-out.
    pub lease_outlasts_the_call: bool,
    /// 4: the epoch is in every compare-and-swap.
    pub epoch_is_compared: bool,
    /// 5: absence is believed only after everything that could still land has had its time.
    pub absence_has_its_time: bool,
    /// 5: what a look tells is as old as its question, however late a worker comes to it.
    pub answers_age: bool,
    /// 6: each part's id is saved before the next part begins.
    pub parts_are_saved_in_turn: bool,
    /// 6: a retry goes on at the first part that is missing.
    pub retry_goes_on: bool,
}

impl Rules {
    pub const ALL: Rules = Rules {
        unknown_is_looked_for: true,
        expired_send_is_unconfirmed: true,
        saved_before_the_call: true,
        lease_outlasts_the_call: true,
        epoch_is_compared: true,
        absence_has_its_time: true,
        answers_age: true,
        parts_are_saved_in_turn: true,
        retry_goes_on: true,
    };
}
