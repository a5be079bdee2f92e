//! One at a time inside this process: whoever comes second to the same name waits, and finds done
//! what it came for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

/// What is under way, by name. Clones share it.
#[derive(Clone, Default)]
pub struct Flights(Arc<Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>>);

impl Flights {
    /// Waits until nobody else of this process is at `name`; `None` when that takes longer than
    /// `patience`. Whoever waits holds one of the worker's slots.
    pub async fn board(&self, name: &str, patience: Duration) -> Option<OwnedMutexGuard<()>> {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = flights.get(name).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                flights.retain(|_, flight| flight.strong_count() > 0);
                let flight = Arc::new(tokio::sync::Mutex::new(()));
                flights.insert(name.to_owned(), Arc::downgrade(&flight));
                flight
            })
        };
        tokio::time::timeout(patience, flight.lock_owned())
            .await
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn the_same_name_is_boarded_by_one_at_a_time_and_others_do_not_wait() {
        let (flights, inside) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let first = flights.board("a", LONG).await.unwrap();
        let _other = flights.board("b", LONG).await.unwrap();
        assert!(flights.board("a", Duration::ZERO).await.is_none());
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let (flights, inside) = (flights.clone(), Arc::clone(&inside));
                tokio::spawn(async move {
                    let _seat = flights.board("a", LONG).await.unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                })
            })
            .collect();
        drop(first);
        for task in waiting {
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn names_that_nobody_uses_are_forgotten() {
        let flights = Flights::default();
        for number in 0..100 {
            drop(flights.board(&number.to_string(), LONG).await);
        }
        assert!(flights.0.lock().unwrap().len() <= 1);
    }
}
