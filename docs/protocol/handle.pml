/*
 * handle.pml - handles that are closed while they are used (internal/shm:
 * mutex.go, object.go, slot.go) and records that are used again.
 *
 * Process 0 has a goroutine that locks a mutex by its fast path and unlocks it,
 * and one that closes the handle, and with LEAVES the namespace. Process 1 has
 * the mutex open, waits for it and unlocks it. Process 2 makes an object in the
 * same record once nobody has the mutex open. A section under the lock is one
 * step here: engine.pml has its insides.
 *
 * At the end nobody waits for a mutex whose owner is gone, and the second
 * object is as it was made.
 */
byte generation = 1;
byte owner;                         /* process + 1; with the generation and S the whole state word */
bit slow;
byte handles = 2;                   /* of the object; the record is free without */
bit open0 = 1;
bit waiting, granted;               /* process 1's wait */
byte told;                          /* it was told that the mutex was abandoned */
bit closedAll;                      /* process 0 has left: its Namespace refuses the lock */
bit made;                           /* the second object is there */
bit inside0, inside1;               /* ghost: their locks have returned */

#define SAME(g) (generation == (g))

/* pass: give the mutex to who waits, else free it */
inline pass(flag) {
	if
	:: waiting && !granted -> owner = 2; granted = 1; waiting = 0; slow = 0; told = flag
	:: else -> owner = 0; slow = 0
	fi
}

inline dropHandle() {
	handles--;
	if
	:: handles == 0 -> assert(!waiting); generation++; owner = 0; slow = 0
	:: else
	fi
}

/* LockFast or tryMutex, then stillOpen; UnlockFast, then Unlock */
proctype Locker() {
	bit was;
	if
	:: !open0 -> goto stop
	:: else
	fi;
	/* the compare-and-swap may come late */
	if
#ifdef BUG_NO_OBJECT_GENERATION
	:: d_step { owner == 0 -> owner = 1 }
#else
	:: d_step { SAME(1) && owner == 0 -> owner = 1 }
#endif
	:: else -> goto stop
	fi;
#ifdef BUG_NO_SECOND_LOOK
	d_step { inside0 = 1; assert(!inside1) };
#else
	if
	:: d_step { open0 -> inside0 = 1; assert(!inside1) }
	:: else ->                      /* giveUp */
		if
		:: d_step { SAME(1) && owner == 1 && !slow -> owner = 0 }
		:: else ->
#ifdef BUG_GIVE_UP_ONLY_WHILE_OPEN
			if
			:: closedAll            /* locked refuses */
			:: else -> d_step { if :: SAME(1) && owner == 1 -> pass(0) :: else fi }
			fi
#else
			/* under the lock; when that is refused, as a process that comes back */
			d_step { if :: SAME(1) && owner == 1 -> pass(0) :: else fi }
#endif
		fi;
		goto stop
	fi;
#endif
	/* Unlock */
	if
	:: !open0 -> inside0 = 0; goto stop         /* ErrClosed: Close has abandoned it */
	:: d_step { SAME(1) && owner == 1 && !slow -> inside0 = 0; owner = 0 }
	:: else ->
		if
		:: closedAll -> inside0 = 0
		:: else -> d_step { inside0 = 0; if :: SAME(1) && owner == 1 && open0 -> pass(0) :: else fi }
		fi
	fi;
stop:	skip
}

/* Close; then, with LEAVES, the rest of the namespace's Close */
proctype Closer() {
	open0 = 0;
	d_step { if :: owner == 1 -> inside0 = 0; pass(1) :: else fi; dropHandle() }     /* discard */
#ifdef LEAVES
	;
	d_step { if :: handles > 0 && owner == 1 -> inside0 = 0; pass(1) :: else fi };   /* leave: reapStrayMutexes */
	closedAll = 1
#endif
}

/* Lock, blocking; Unlock; Close */
proctype Waiter() {
	if
	:: d_step { owner == 0 -> owner = 2 }
	:: d_step { owner != 0 -> waiting = 1; slow = 1 };      /* ownerAlive: a free slot is not a dead one */
		granted
	fi;
	d_step { inside1 = 1; assert(!inside0 && owner == 2) };
	d_step { inside1 = 0; owner = 0; slow = 0 };
	d_step { dropHandle() }
}

proctype Maker() {
end:	d_step { handles == 0 -> generation++; owner = 0; made = 1; handles = 1 }
}

proctype Monitor() {
end:	timeout;
	assert(!waiting);
	assert(owner == 0)
}

init { atomic { run Locker(); run Closer(); run Waiter(); run Maker(); run Monitor() } }
