package shm

// A waiter that was told to fetch a free mutex, and is awake, competes for it
// with whoever runs. As long as it does, the others need not wake anybody.

const (
	// fetchSpins is how long it looks for the mutex, in pauses of 25 ns, before
	// it goes back to sleep.
	fetchSpins = 800
	// fetchPause is the longest pause between two looks. Each takes the word out
	// of the owner's cache.
	fetchPause = 64
)

// come fetches the mutex that w was told to come for, or goes back to its place
// in the queue when others are faster again and again.
func (n *Namespace) come(w *waiter) error {
	o := w.req.refs[w.req.unique[0]]
	pause := 2
	for spent := 0; spent < fetchSpins && !n.single.Load(); spent += pause {
		if o.seemsSignalled() {
			if err := n.fetch(w, o, false); err != nil {
				return err
			}
		}
		if claimState(w.rec.claim.load()) != claimNudged {
			return nil
		}
		n.sys.Pause(pause)
		pause = min(pause*2, fetchPause)
	}
	return n.fetch(w, o, true)
}

// fetch takes the mutex if it is still free. Otherwise, the last time, w is not
// on its way any more: whoever owns the mutex sees that when it unlocks it, since
// W goes by the compare-and-swap that has met an owner.
func (n *Namespace) fetch(w *waiter, o *Object, last bool) error {
	return n.locked(func() error {
		c := w.rec.claim.load()
		if claimState(c) != claimNudged {
			return nil
		}
		r := n.object(o.index)
		owner := w.req.owners[w.req.unique[0]]
		for range maxRetries {
			s := r.state.load()
			flag, free := n.freed(s)
			switch {
			case free:
				if r.state.cas(s, withPayload(s&^(abandoned|wokenBit), owner)) {
					n.fetched(w, c, (s|flag)&abandoned != 0)
					return nil
				}
			case !last:
				return nil
			case r.state.cas(s, s&^wokenBit):
				w.rec.claim.store(n.newClaim(c, claimWaiting))
				return nil
			}
		}
		n.restless(r)
		return nil
	})
}

// fetched ends the wait that has just taken its mutex: this process owns it
// already, dead or alive. The claim keeps the name of who has freed it.
func (n *Namespace) fetched(w *waiter, claim uint64, wasAbandoned bool) {
	n.putUnlinked(w.rec)
	n.put(&w.rec.abandoned, when(wasAbandoned, 1))
	n.put(&w.rec.claim, pair(first(claim), second(n.newClaim(claim, claimGranted))))
	n.commit()
}
