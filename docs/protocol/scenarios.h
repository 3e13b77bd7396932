/*
 * Scenarios of engine.pml: who does what, on which objects. Each says
 *
 *   NP, NT    processes, threads; OF(r) is the process of thread r
 *   NO, NW    objects, waiter records; TYPE(o)
 *   PROCESS(w), KIND(w), WAITS(w), FIRST(w)   of a waiter: its process, any or
 *             all, the objects, the first of them
 *   MORTAL    processes that may die; WATCHERS: threads that reap
 *   script()  the next operation of thread `role`, whose last one was `ip`
 *
 * A process that does nothing but watch stands for the watchers of all.
 */
#define AUTO 0
#define MAN  1
#define SEM  2
#define MUT  3
#define ANY  0
#define ALL  1

#ifndef DEATHS
#define DEATHS 0
#endif

#define FINALLY() skip

/* Between the mark of a death and what was the dead one's. */
#if defined(LATE) && !defined(BUG_NO_BARRIER)
#define BARRIER(p) (!IN(zombies, p))
#else
#define BARRIER(p) true
#endif

#ifdef SC_AUTO          /* an auto-reset event: two waits, one cancelled, two Sets */
#define NP 5
#define NT 6
#define OF(r) ((r) == 5 -> 1 : (r))
#define NO 1
#define NW 2
#define LOG 3
#define TYPE(o) AUTO
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role < 2 -> w = role; op = (ip == 0 -> Wait : End)
	:: role == 2 || role == 3 -> op = (ip == 0 -> Set : End)
	:: role == 4 -> op = Watch
	:: role == 5 -> w = 1; op = (ip == 0 -> Cancel : End)
	fi
}
#endif

#ifdef SC_ANY           /* a semaphore and an event: any of both, cancelled; any of one; Release, Set */
#define NP 5
#define NT 6
#define OF(r) ((r) == 5 -> 0 : (r))
#define NO 2
#define NW 2
#define LOG 3
#define TYPE(o) ((o) == 0 -> SEM : AUTO)
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) ((w) == 0 -> 3 : 2)
#define FIRST(w) (w)
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role < 2 -> w = role; op = (ip == 0 -> Wait : End)
	:: role == 2 -> obj = 0; op = (ip == 0 -> Release : End)
	:: role == 3 -> obj = 1; op = (ip == 0 -> Set : End)
	:: role == 4 -> op = Watch
	:: role == 5 -> w = 0; op = (ip == 0 -> Cancel : End)
	fi
}
#endif

#ifdef SC_ALL           /* two auto-reset events: all of both twice, an any that overtakes; both are set */
#define NP 5
#define NT 5
#define OF(r) (r)
#define NO 2
#define NW 3
#define LOG 4
#define TYPE(o) AUTO
#define PROCESS(w) (w)
#define KIND(w) ((w) < 2 -> ALL : ANY)
#define WAITS(w) ((w) < 2 -> 3 : 1)
#define FIRST(w) 0
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role < 3 -> w = role; op = (ip == 0 -> Wait : End)
	:: role == 3 -> obj = ip; op = (ip < 2 -> Set : End)
	:: role == 4 -> op = Watch
	fi
}
#endif

#ifdef SC_MANUAL        /* a manual-reset event: two waits; Set and Reset; Pulse */
#define NP 5
#define NT 5
#define OF(r) (r)
#define NO 1
#define NW 2
#define LOG 2
#define TYPE(o) MAN
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 15
#define WATCHERS BIT(5)
#undef FINALLY
#define FINALLY() assert(PAYLOAD(0) == 0 || IN(dead, 2))
inline script() {
	if
	:: role < 2 -> w = role; op = (ip == 0 -> Wait : End)
	:: role == 2 -> op = (ip == 0 -> Set : (ip == 1 -> Reset : End))
	:: role == 3 -> op = (ip == 0 -> Pulse : End)
	:: role == 4 -> op = Watch
	fi
}
#endif

#ifdef SC_EXACT         /* all of a manual- and an auto-reset event: Set 1, Set 0, Reset 0, and a thief of 1 */
#define NP 5
#define NT 5
#define OF(r) (r)
#define NO 2
#define NW 2
#define LOG 4
#define TYPE(o) ((o) == 0 -> MAN : AUTO)
#define PROCESS(w) ((w) == 0 -> 0 : 3)
#define KIND(w) ((w) == 0 -> ALL : ANY)
#define WAITS(w) ((w) == 0 -> 3 : 2)
#define FIRST(w) (w)
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role == 0 -> w = 0; op = (ip == 0 -> Wait : End)
	:: role == 1 -> obj = 1; op = (ip == 0 -> Set : End)
	:: role == 2 -> obj = 0; op = (ip == 0 -> Set : (ip == 1 -> Reset : End))
	:: role == 3 -> w = 1; op = (ip == 0 -> Try : End)
	:: role == 4 -> op = Watch
	fi
}
#endif

#ifdef SC_MUTEX         /* a mutex: three lock and unlock it, one of them is cancelled */
#define MUTEXES
#define NP 4
#define NT 5
#define OF(r) ((r) == 4 -> 2 : (r))
#define NO 1
#define NW 3
#define LOG 3
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role < 3 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 3 -> op = Watch
	:: role == 4 -> w = 2; op = (ip == 0 -> Cancel : End)
	fi
}
#endif

#ifdef SC_CROWD         /* a mutex: two lock and unlock it, one twice */
#define MUTEXES
#define NP 4
#define NT 4
#define OF(r) (r)
#define NO 1
#define NW 3
#define LOG 3
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role < 2 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 2 -> w = role; op = (ip == 0 || ip == 2 -> Wait : (ip == 1 || ip == 3 -> Unlock : End))
	:: role == 3 -> op = Watch
	fi
}
#endif

#ifdef SC_MUTEX_ALL     /* all of a mutex and an event, against those who lock the mutex; Set */
#define MUTEXES
#define NP 5
#define NT 5
#define OF(r) (r)
#define NO 2
#define NW 3
#define LOG 4
#define TYPE(o) ((o) == 0 -> MUT : AUTO)
#define PROCESS(w) (w)
#define KIND(w) ((w) == 0 -> ALL : ANY)
#define WAITS(w) ((w) == 0 -> 3 : 1)
#define FIRST(w) 0
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role < 3 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 3 -> obj = 1; op = (ip == 0 -> Set : End)
	:: role == 4 -> op = Watch
	fi
}
#endif

#ifdef SC_MUTEX_ANY     /* any of a mutex and an event, likewise */
#define MUTEXES
#define NP 5
#define NT 5
#define OF(r) (r)
#define NO 2
#define NW 3
#define LOG 3
#define TYPE(o) ((o) == 0 -> MUT : AUTO)
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) ((w) == 0 -> 3 : 1)
#define FIRST(w) 0
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role < 3 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 3 -> obj = 1; op = (ip == 0 -> Set : End)
	:: role == 4 -> op = Watch
	fi
}
#endif

#ifdef SC_TWO_MUTEXES   /* two mutexes: all of both twice, and one lock */
#define MUTEXES
#define NP 4
#define NT 4
#define OF(r) (r)
#define NO 2
#define NW 3
#define LOG 4
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ((w) < 2 -> ALL : ANY)
#define WAITS(w) ((w) < 2 -> 3 : 1)
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role < 2 -> w = role; obj = (ip == 2 -> 1 - role : role); op = (ip == 0 -> Wait : (ip < 3 -> Unlock : End))
	:: role == 2 -> w = 2; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 3 -> op = Watch
	fi
}
#endif

#ifdef SC_AGAIN         /* one waiter record, used for two waits, one of them cancelled; three Sets */
#define NP 4
#define NT 5
#define OF(r) ((r) == 4 -> 0 : (r))
#define NO 1
#define NW 2
#define LOG 3
#define TYPE(o) AUTO
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role == 0 -> w = 0; op = (ip < 2 -> Wait : End)
	:: role == 1 -> w = 1; op = (ip == 0 -> Wait : End)
	:: role == 2 -> op = (ip < 3 -> Set : End)
	:: role == 3 -> op = Watch
	:: role == 4 -> w = 0; op = (ip == 0 -> Cancel : End)
	fi
}
#endif

#ifdef SC_SEMAPHORE     /* a semaphore: two waits, one cancelled; two Releases; TryAcquire and Release */
#define NP 5
#define NT 6
#define OF(r) ((r) == 5 -> 1 : (r))
#define NO 1
#define NW 3
#define LOG 3
#define TYPE(o) SEM
#define PROCESS(w) ((w) == 2 -> 3 : (w))
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 15
#define WATCHERS BIT(5)
inline script() {
	if
	:: role < 2 -> w = role; op = (ip == 0 -> Wait : End)
	:: role == 2 -> op = (ip < 2 -> Release : End)
	:: role == 3 -> w = 2; op = (ip == 0 -> Try : (ip == 1 -> Release : End))
	:: role == 4 -> op = Watch
	:: role == 5 -> w = 1; op = (ip == 0 -> Cancel : End)
	fi
}
#endif

#ifdef SC_TRY           /* a mutex: lock and unlock, TryLock and unlock, wait; nobody but the caller reaps at first */
#define MUTEXES
#define NP 4
#define NT 4
#define OF(r) (r)
#define NO 1
#define NW 3
#define LOG 3
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role == 0 || role == 2 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 1 -> w = role; op = (ip < 2 -> Try : (ip == 2 -> Unlock : End))
	:: role == 3 -> op = Watch
	fi
}
#endif

#ifdef SC_CLOSE         /* a mutex: a process waits for it twice and closes the handle; others lock and unlock it */
#define MUTEXES
#define NP 4
#define NT 5
#define OF(r) ((r) == 4 -> 0 : (r))
#define NO 1
#define NW 3
#define LOG 3
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role == 0 -> w = 0; op = (ip == 0 -> Wait : End)
	:: role < 3 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: role == 3 -> op = Watch
	:: role == 4 -> w = 0; op = (ip == 0 -> Close : End)
	fi
}
#endif

#ifdef SC_OWN_WATCHERS  /* a mutex: everybody may die, and has a watcher of its own; nobody else reaps */
#define MUTEXES
#define NP 3
#define NT 6
#define OF(r) ((r) % 3)
#define NO 1
#define NW 3
#define LOG 3
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS (BIT(4) | BIT(5) | BIT(6))
inline script() {
	if
	:: role < 3 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: else -> op = Watch
	fi
}
#endif

#ifdef SC_SIGNAL        /* an auto-reset event: a wait, a Set, a process that may die reaping, and one that lives */
#define NP 4
#define NT 4
#define OF(r) (r)
#define NO 1
#define NW 1
#define LOG 3
#define TYPE(o) AUTO
#define PROCESS(w) 0
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS (BIT(3) | BIT(4))
inline script() {
	if
	:: role == 0 -> w = 0; op = (ip == 0 -> Wait : End)
	:: role == 1 -> op = (ip == 0 -> Set : End)
	:: else -> op = Watch
	fi
}
#endif

#ifdef SC_PULSE         /* a manual-reset event: a wait, a Pulse, and one that lives */
#define NP 3
#define NT 3
#define OF(r) (r)
#define NO 1
#define NW 1
#define LOG 2
#define TYPE(o) MAN
#define PROCESS(w) 0
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 3
#define WATCHERS BIT(3)
#undef FINALLY
#define FINALLY() assert(PAYLOAD(0) == 0)
inline script() {
	if
	:: role == 0 -> w = 0; op = (ip == 0 -> Wait : End)
	:: role == 1 -> op = (ip == 0 -> Pulse : End)
	:: else -> op = Watch
	fi
}
#endif

#ifdef SC_HAND_OVER     /* a mutex: two lock and unlock it, and one that lives */
#define MUTEXES
#define NP 3
#define NT 3
#define OF(r) (r)
#define NO 1
#define NW 2
#define LOG 3
#define TYPE(o) MUT
#define PROCESS(w) (w)
#define KIND(w) ANY
#define WAITS(w) 1
#define FIRST(w) 0
#define MORTAL 3
#define WATCHERS BIT(3)
inline script() {
	if
	:: role < 2 -> w = role; op = (ip == 0 -> Wait : (ip == 1 -> Unlock : End))
	:: else -> op = Watch
	fi
}
#endif

#ifdef SC_BOTH          /* two auto-reset events: all of both, two Sets by two processes, and one that lives */
#define NP 4
#define NT 4
#define OF(r) (r)
#define NO 2
#define NW 1
#define LOG 4
#define TYPE(o) AUTO
#define PROCESS(w) 0
#define KIND(w) ALL
#define WAITS(w) 3
#define FIRST(w) 0
#define MORTAL 7
#define WATCHERS BIT(4)
inline script() {
	if
	:: role == 0 -> w = 0; op = (ip == 0 -> Wait : End)
	:: role < 3 -> obj = role - 1; op = (ip == 0 -> Set : End)
	:: else -> op = Watch
	fi
}
#endif
