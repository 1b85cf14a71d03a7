//! Seats: how many connections there may be, in all and of one address.

use super::super::limits::network_of;
use crate::config::WebConfig;
use ipnet::IpNet;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All seats.
pub(super) struct Seats(Arc<Inner>);

struct Inner {
    all: usize,
    per_address: usize,
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's seat; free again when dropped.
pub(super) struct Seat {
    seats: Arc<Inner>,
    address: IpAddr,
}

impl Seats {
    pub(super) fn new(config: &WebConfig) -> Seats {
        Seats(Arc::new(Inner {
            all: config.limits.connections,
            per_address: config.limits.connections_per_address,
            proxies: config.trusted_proxies.clone(),
            taken: Mutex::default(),
        }))
    }

    /// A seat for a connection from `peer`; `None` when all are taken or the address has its share.
    pub(super) fn take(&self, peer: IpAddr) -> Option<Seat> {
        let seats = &self.0;
        let peer = peer.to_canonical();
        // A proxy brings everybody: only the limit for all holds for it.
        let proxy = !peer.is_loopback() && seats.proxies.iter().any(|network| network.contains(&peer));
        let address = network_of(peer);
        let mut taken = seats.lock();
        let own = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.all >= seats.all || (own >= seats.per_address && !proxy) {
            metrics::counter!("pendopo_connections_refused_total").increment(1);
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, own + 1);
        metrics::gauge!("pendopo_connections").set(taken.all as f64);
        Some(Seat { seats: seats.clone(), address })
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(own) = taken.by_address.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.by_address.remove(&self.address);
            }
        }
        metrics::gauge!("pendopo_connections").set(taken.all as f64);
    }
}
