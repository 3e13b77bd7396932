/*
 * engine.pml - operations, settling, recovery and reaping (internal/shm).
 *
 * A Thread runs the operations of its scenario (scenarios.h) for a process.
 * Each alternative of its loop is one step; other threads, and death, come
 * between steps. A step has at most one access that somebody without the lock
 * can see: one store, or one compare-and-swap. Reads of words that only the
 * holder of the lock writes belong to the step that follows.
 *
 * Inlines and steps have the names of the Go functions that they stand for;
 * README.md has the table.
 */
#define BIT(x)      (1 << (x))
#define IN(m, x)    (((m) >> (x)) & 1)
#define NOBODY      15

/* The state word: payload, W, A, P, S. */
#define S           1
#define P           2
#define A           4
#define W           8
#define PAYLOAD(o)  (state[o] >> 4)
#define FLAGS(o)    (state[o] & 15)
#define MAKE(p, f)  (((p) << 4) | (f))
#define FROZEN      15              /* else a mutex's payload is its owner's process + 1 */
#define IS_CLOSED(o) ((state[o] & (S | W)) == S)
#define CLOSED_OF(o) ((state[o] | S) & ~W)

/* The claim word of a waiter. */
#define IDLE        0
#define WAITING     1
#define NUDGED      2
#define CANCELLED   3
#define CLOSED      4
#define GRANTED     8               /* + entry, or + 4 for all; + 16 << entry when that was abandoned */
#define WHOLE       4
#define QUEUED(w)   (claim[w] == WAITING || claim[w] == NUDGED)

mtype = { End, Wait, Try, Set, Reset, Pulse, Release, Unlock, Cancel, Close, Fetch, Reap, Watch };

mtype = { Next, Leave, Lock, Redo, Recover, Do, CloseAll, Change, Poll, PollAll, Enqueue, Withdraw, FetchMutex,
	StartWaking, Settle, Consider, Grant, Nudge, ThawAll, EndPulse, Apply, Forget, Pass, ReapWaits, ReapMutexes,
	FreeSlot, ClearAlive, Finish, Deliver, Delivered, WakeScan, Sleep, Asleep, Watching, Barrier, Fetched, InVain, ReQueue, Stopped,
	Dead };

#include "scenarios.h"

byte lock;                          /* 0, or the holder's process + 1 */
byte state[NO];
byte inq[NW];                       /* the objects that the waiter is queued on */
byte order[NW];                     /* its place, the same in all queues */
byte claim[NW];
byte nudged[NO];                    /* waiter + 1 */
byte called;                        /* waiters that were told to fetch a mutex, in their present wait */
byte logCount, target[LOG], value[LOG];
byte waking[NP];
byte asleep;                        /* waiters that sleep in their futex */
byte dead, freed;                   /* alive words: marked by the kernel; cleared by the reaper */

byte dying;                         /* threads that are being ended: nobody else moves */
byte zombies;                       /* processes that are marked and may still run */
byte deaths;
byte running;                       /* threads that have more to do */

/* What a correct engine keeps true; it never reads this. */
byte made[NO], taken[NO];           /* signals, permits */
byte holder[NO];                    /* process + 1 whose lock of the mutex has succeeded */
bit left[NO];                       /* abandoned, and nobody knows yet */
bit counted;                        /* the grant in the log */
byte owed;                          /* waiters that a Set or Pulse has found there */

#define MUTEX(o)    (TYPE(o) == MUT)
#define EVENT(o)    (TYPE(o) == AUTO || TYPE(o) == MAN)
#define IS_DEAD(p)  IN(dead, p)
#define HAS(w, o)   IN(WAITS(w), o)

/* ---------------------------------------------------------------- ghosts */

inline consumed(o, p, told) {       /* somebody has the signal, or the mutex, from now on */
	if
	:: MUTEX(o) ->
		assert(holder[o] == 0);
		assert(left[o] == told);
		holder[o] = (p) + 1; left[o] = 0
	:: else -> taken[o]++
	fi
}

inline noteGrant(w, c) {            /* the claim of w becomes c; once for each log, however often it is done */
	if
	:: c >= GRANTED && !counted ->
		counted = 1;
		owed = owed & ~BIT(w);
		for (g : 0 .. NO - 1) {
			if
			:: HAS(w, g) && ((c & 7) == WHOLE || (c & 7) == g) -> consumed(g, PROCESS(w), IN(c, 4 + g))
			:: else
			fi
		}
		g = 0
	:: else
	fi
}

inline noteOwed(o) {                /* a set manual-reset event must release those who are there */
	for (j : 0 .. NW - 1) {
		ok = (TYPE(o) == MAN && HAS(j, o) && claim[j] == WAITING && !IS_DEAD(PROCESS(j)));
		for (g : 0 .. NO - 1) {
			if :: KIND(j) == ALL && HAS(j, g) && (MUTEX(g) || PAYLOAD(g) == 0) -> ok = 0 :: else fi
		}
		if :: ok -> owed = owed | BIT(j) :: else fi
	}
	j = 0; g = 0; ok = 0
}

/* ---------------------------------------------------------------- log.go */

#define STATE_OF(o)  (o)
#define QUEUES_OF(w) (10 + (w))
#define CLAIM_OF(w)  (20 + (w))
#define NUDGED_OF(o) (30 + (o))
#define WAKING_OF(p) (40 + (p))

inline put(t, v) { target[n] = t; value[n] = v; n++ }

#ifdef BUG_NO_LOG
#define commit(next) m = n; n = 0; after = next; pc = Apply         /* bug: the stores alone */
#define COUNT m
#else
#define commit(next) logCount = n; n = 0; after = next; pc = Apply
#define COUNT logCount
#endif

inline store(t, v) {
	if
	:: t < 10 -> state[t] = v
	:: t >= 10 && t < 20 -> inq[t - 10] = v; if :: v == 0 -> order[t - 10] = 0 :: else fi
	:: t >= 20 && t < 30 -> noteGrant(t - 20, v); claim[t - 20] = v; if :: v == NUDGED -> called = called | BIT(t - 20) :: else fi
	:: t >= 30 && t < 40 -> nudged[t - 30] = v
	:: else -> waking[t - 40] = v
	fi
}

inline forgetLog() {
	logCount = 0; i = 0; counted = 0;
#ifdef BUG_NO_LOG
	m = 0;
#endif
	for (g : 0 .. LOG - 1) { target[g] = 0; value[g] = 0 }
	g = 0
}

/* ---------------------------------------------------------------- freeze.go, settle.go */

inline freeze(o) {
#ifdef BUG_NO_FREEZE
	skip
#else
	if
	:: MUTEX(o) && PAYLOAD(o) == 0 -> state[o] = MAKE(FROZEN, FLAGS(o)); frozen = frozen | BIT(o)
	:: else
	fi
#endif
}
#ifdef BUG_NO_FREEZE
#define FREE(o) (PAYLOAD(o) == FROZEN || PAYLOAD(o) == 0)
#else
#define FREE(o) (PAYLOAD(o) == FROZEN)
#endif

/* CAN_FREEZE: considering may change a word that others see. */
#ifdef MUTEXES
#define CAN_FREEZE ((MUTEX(0) && PAYLOAD(0) == 0) || (NO > 1 && MUTEX(NO - 1) && PAYLOAD(NO - 1) == 0))
#else
#define CAN_FREEZE false
#endif

/* isLate, starves: the clock is a free choice, made once by settle. */
#define HAS_WAITED(w) (order[w] <= patience)
#define STARVES(w)    (IN(called, w) && claim[w] == WAITING && HAS_WAITED(w))

/* nudgedWaiter is a live waiter that was told to fetch the mutex; it is not spoken for when that one is late. */
#define TOLD(o)       (nudged[o] - 1)
#define COMES(o)      (nudged[o] != 0 && claim[TOLD(o)] == NUDGED && !IS_DEAD(PROCESS(TOLD(o))) && FIRST(TOLD(o)) == (o))
#define TO_CLOSE(w)   (claim[w] == NUDGED && (FLAGS(FIRST(w)) & W))
#ifdef BUG_CANCEL_KEEPS_W
#define WITHDRAW_CLOSES(w)   false
#else
#define WITHDRAW_CLOSES(w)   TO_CLOSE(w)
#endif
#define SPOKEN(o, w)  (COMES(o) && TOLD(o) != (w) && !HAS_WAITED(TOLD(o)))
#define AVAILABLE(o, w) ((MUTEX(o) && FREE(o) && !SPOKEN(o, w)) || (!MUTEX(o) && PAYLOAD(o) > 0))

inline putConsumed(o, p) {
	if
	:: TYPE(o) == AUTO -> assert(PAYLOAD(o) == 1); put(STATE_OF(o), MAKE(0, FLAGS(o)))
	:: TYPE(o) == SEM -> assert(PAYLOAD(o) > 0); put(STATE_OF(o), MAKE(PAYLOAD(o) - 1, FLAGS(o)))
	:: MUTEX(o) -> put(STATE_OF(o), MAKE((p) + 1, FLAGS(o) & ~(A | W))); if :: FLAGS(o) & A -> told = told | BIT(o) :: else fi
	:: TYPE(o) == MAN -> assert(PAYLOAD(o) == 1)
	fi
}

inline putUnlinked(w) { touched = touched | inq[w]; put(QUEUES_OF(w), 0) }

inline wake(w) { wakes = wakes | BIT(w) }

inline settle(set, next) { todo = set; ret = next; pc = Settle }

inline following(o) {               /* e becomes the waiter behind e in the queue of o; the first after NOBODY */
	k = (e == NOBODY -> 0 : order[e]); e = NOBODY; best = 255;
	for (g : 0 .. NW - 1) {
		if :: IN(inq[g], o) && order[g] > k && order[g] < best -> best = order[g]; e = g :: else fi
	}
	g = 0; k = 0; best = 0
}

/* startSettling begins with the first object of todo. */
inline startSettling(clock) {
	do :: !IN(todo, o) -> o++ :: else -> break od;
	patience = clock;
	if
	:: MUTEX(o) && PAYLOAD(o) == FROZEN -> frozen = frozen | BIT(o)  /* in recover */
	:: else
	fi;
	e = NOBODY; following(o);
	if :: e != NOBODY -> freeze(o) :: else fi;
	pc = Consider
}

inline firstAvailable(w) {
	for (j : 0 .. NO - 1) {
		if
		:: HAS(w, j) && pick == NOBODY -> freeze(j); if :: AVAILABLE(j, w) -> pick = j :: else fi
		:: else
		fi
	}
	j = 0
}

inline allAvailable(w) {
	pick = WHOLE;
	for (j : 0 .. NO - 1) {
		if
		:: HAS(w, j) && pick == WHOLE -> freeze(j); if :: !AVAILABLE(j, w) -> pick = NOBODY :: else fi
		:: else
		fi
	}
	j = 0
}

inline consider(w) {
	pick = NOBODY;
	if
	:: !QUEUED(w) || IS_DEAD(PROCESS(w))
	:: else -> if :: KIND(w) == ALL -> allAvailable(w) :: else -> firstAvailable(w) fi
	fi;
	if
	:: pick == NOBODY
	:: pick < WHOLE && MUTEX(pick) && WAITS(w) == BIT(pick) && !STARVES(w) ->       /* shouldNudge */
		if :: claim[w] == NUDGED -> pick = NOBODY :: else -> pc = (waker -> Nudge : StartWaking); after = Nudge fi
	:: else -> pc = (waker -> Grant : StartWaking); after = Grant
	fi;
	if :: pick == NOBODY -> cw = 0; pick = 0 :: else fi
}

/* The next in the queue of o, under settle. */
inline considerNext() {
	if
	:: e != NOBODY -> freeze(o)
	:: else
	fi;
	if
	:: e == NOBODY || (MUTEX(o) && !FREE(o)) || PAYLOAD(o) == 0 -> e = 0; patience = 0; pc = ThawAll
	:: else -> cw = e; following(o); consider(cw)
	fi
}

/* One mutex after the other; then what settle was called for. */
inline thawNext() {
	if
	:: frozen != 0 ->
		do :: !IN(frozen, j) -> j++ :: else -> break od;
		frozen = frozen & ~BIT(j);
		if :: PAYLOAD(j) == FROZEN -> state[j] = MAKE(0, FLAGS(j)) :: else fi;
		j = 0
	:: else
	fi;
	if
	:: frozen == 0 && todo == 0 -> pc = ret; ret = 0
	:: frozen == 0 && todo != 0 && (state[o] & P) -> after = Settle; pc = EndPulse
	:: frozen == 0 && todo != 0 && !(state[o] & P) -> todo = todo & ~BIT(o); o = 0; if :: todo == 0 -> pc = ret; ret = 0 :: else -> pc = Settle fi
	:: else
	fi
}

/* ---------------------------------------------------------------- event.go */

inline assign(o, p, flag) {
	if
	:: p == 1 && PAYLOAD(o) == 0 -> made[o]++
	:: p == 0 -> made[o] = made[o] - PAYLOAD(o)
	:: else
	fi;
	state[o] = MAKE(p, S | flag);
	if :: p == 1 -> noteOwed(o) :: else fi
}

/* ---------------------------------------------------------------- look.go, waiter.go */

inline consume(o) { consumed(o, me, ((FLAGS(o) & A) != 0)); putConsumed(o, me) }

inline putQueued(w) {
	best = 1;
	for (j : 0 .. NW - 1) { if :: order[j] >= best -> best = order[j] + 1 :: else fi }
	order[w] = best;
	j = 0; best = 0; owed = owed & ~BIT(w); called = called & ~BIT(w);
	put(QUEUES_OF(w), WAITS(w));
	put(CLAIM_OF(w), WAITING)
}

inline ownerAlive(w) {              /* ok when a mutex that w wants belongs to the dead process d */
	for (j : 0 .. NO - 1) {
		if
		:: HAS(w, j) && MUTEX(j) && PAYLOAD(j) != 0 && PAYLOAD(j) != FROZEN && IS_DEAD(PAYLOAD(j) - 1) -> ok = 1; d = PAYLOAD(j) - 1
		:: else
		fi
	}
	j = 0
}

/* ---------------------------------------------------------------- the fast paths */

inline fast() {                     /* ok when it was enough */
	if
	:: (op == Wait || op == Try) && WAITS(w) == BIT(FIRST(w)) ->
		k = FIRST(w); ok = 1;
		if
		:: MUTEX(k) && PAYLOAD(k) == 0 ->
			consumed(k, me, ((FLAGS(k) & A) != 0)); state[k] = MAKE(me + 1, FLAGS(k) & ~A)
		:: TYPE(k) == MAN && state[k] == MAKE(1, 0) -> taken[k]++
		:: TYPE(k) == AUTO && state[k] == MAKE(1, 0) -> state[k] = 0; taken[k]++
		:: TYPE(k) == SEM && PAYLOAD(k) > 0 && FLAGS(k) == 0 -> state[k] = MAKE(PAYLOAD(k) - 1, 0); taken[k]++
		:: else ->                  /* a Try may be sure that there is nothing */
			ok = (op == Try);
			if
			:: ok && MUTEX(k) -> ok = (PAYLOAD(k) != FROZEN && !IS_DEAD(PAYLOAD(k) - 1))
			:: ok && !MUTEX(k) -> ok = (FLAGS(k) == 0)
			:: else
			fi
		fi;
		k = 0
	:: op == Set && FLAGS(obj) == 0 -> if :: PAYLOAD(obj) == 0 -> made[obj]++ :: else fi; state[obj] = MAKE(1, 0); ok = 1
	:: (op == Reset || op == Pulse) && FLAGS(obj) == 0 -> made[obj] = made[obj] - PAYLOAD(obj); state[obj] = 0; ok = 1
	:: op == Release && FLAGS(obj) == 0 -> made[obj]++; state[obj] = MAKE(PAYLOAD(obj) + 1, 0); ok = 1
	:: op == Unlock && holder[obj] != me + 1 -> ok = 1              /* its wait was cancelled: ErrNotOwner */
	:: op == Unlock && state[obj] == MAKE(me + 1, 0) -> assert(holder[obj] == me + 1); state[obj] = 0; holder[obj] = 0; ok = 1
	:: else
	fi
}

/* ---------------------------------------------------------------- what is true whenever the lock is let go */

/* For I2, a free mutex is nobody's only if nobody was told to fetch it. */
#define SIGNALLED(o)   ((MUTEX(o) && PAYLOAD(o) == 0) || (!MUTEX(o) && PAYLOAD(o) > 0))
#define IDLE_SIGNAL(o) (SIGNALLED(o) && !(MUTEX(o) && IN(k, o)))

inline satisfiable(w, signalled) {
	ok = (KIND(w) == ALL);
	for (j : 0 .. NO - 1) {
		if
		:: HAS(w, j) && KIND(w) == ANY && (signalled) -> ok = 1
		:: HAS(w, j) && KIND(w) == ALL && !(signalled) -> ok = 0
		:: else
		fi
	}
	j = 0
}

inline invariants() {
	assert(logCount == 0);                                                      /* I3 */
	for (g : 0 .. NW - 1) { if :: claim[g] == NUDGED -> k = k | inq[g] :: else fi }
	for (g : 0 .. NW - 1) {
		assert(inq[g] == (QUEUED(g) -> WAITS(g) : 0));                          /* I4 */
		for (j : 0 .. NO - 1) { assert(!IN(inq[g], j) || (state[j] & S)) }      /* I1 */
		if
		:: claim[g] == WAITING && !IS_DEAD(PROCESS(g)) -> satisfiable(g, IDLE_SIGNAL(j)); assert(!ok); ok = 0   /* I2 */
		:: else
		fi
	}
	for (j : 0 .. NO - 1) {
		assert(!MUTEX(j) || PAYLOAD(j) != FROZEN);                              /* I3 */
		assert(!(state[j] & P));
		assert(!(state[j] & W) || (IN(k, j) && claim[TOLD(j)] == NUDGED && IN(inq[TOLD(j)], j)));   /* I8 */
		assert(!EVENT(j) || PAYLOAD(j) < 2);
		assert(!(TYPE(j) == AUTO || TYPE(j) == SEM) || made[j] == PAYLOAD(j) + taken[j])    /* I5 */
	}
	j = 0; g = 0; k = 0
}

/* ---------------------------------------------------------------- threads */

/* READY: a thread that sleeps, waits for the lock or has come to its end is not. */
#define READY (pc != Stopped && pc != Dead && pc != Settle && pc != Leave && \
	!(pc == Lock && lock != 0 && !(IS_DEAD(lock - 1) && BARRIER(lock - 1))) && \
	!(pc == Asleep && IN(asleep, w)) && !(pc == Watching && (dead & ~freed) == 0) && !(pc == Barrier && !BARRIER(d)))

inline clear() {                    /* what a section had in mind */
	todo = 0; o = 0; e = 0; cw = 0; pick = 0; patience = 0; touched = 0; frozen = 0; wakes = 0; waker = 0;
	i = 0; n = 0; m = 0; j = 0; k = 0; g = 0; best = 0; told = 0; ok = 0; stop = 0
}

proctype Thread(byte me; byte role) {
	mtype pc = Next, ret, after;
	mtype op, then;
	byte ip, obj, w, d, stage;
	byte todo, o, e, cw, pick, patience, touched, frozen, wakes;
	byte i, n, m, j, k, g, best, told;
	bit waker, ok, stop;
end:
	do
	:: d_step { dying == 0 && READY ->
		if
		:: pc == Next ->
			op = End; script(); ip++; fast();
			if
			:: op == End -> running = running & ~BIT(_pid); ip = 0; w = 0; obj = 0; pc = Stopped
			:: op == Watch -> ip = 0; pc = Watching
			:: else -> pc = (ok -> Next : (op == Unlock && (FLAGS(obj) & W) -> Leave : Lock))
			fi;
			ok = 0

		/* ---- lock.go: take it free, or from the dead */
		:: pc == Lock ->
#ifdef BUG_NO_RECOVERY
			pc = Do;
#else
			pc = (lock == 0 -> Do : Redo);
#endif
			lock = me + 1

		/* ---- recover.go: first it closes what is slow */
		:: pc == Recover ->
			do :: state[j] & W -> break :: else -> j++ od;
			state[j] = state[j] & ~W; j = 0

		/* ---- what the section is for */
		:: pc == CloseAll ->         /* close: S of one object after the other */
			touched = touched | todo;
			do :: j < NO && !(IN(todo, j) && !IS_CLOSED(j)) -> j++ :: else -> break od;
			if :: j < NO -> state[j] = CLOSED_OF(j); todo = todo & ~BIT(j) :: else -> todo = 0 fi;
			j = 0;
			if
			:: todo != 0
			:: todo == 0 && (op == Wait || op == Try) -> todo = WAITS(w); pc = PollAll
			:: else -> pc = Change
			fi
		:: pc == Change ->
			if
			:: op == Set -> assign(obj, 1, 0); settle(BIT(obj), Finish)
			:: op == Reset -> assign(obj, 0, 0); pc = Finish
#ifdef BUG_PULSE_WITHOUT_P
			:: op == Pulse -> assign(obj, 1, 0); settle(BIT(obj), EndPulse)
#else
			:: op == Pulse -> assign(obj, 1, P); settle(BIT(obj), Finish)
#endif
			:: op == Release ->
				made[obj]++; put(STATE_OF(obj), MAKE(PAYLOAD(obj) + 1, S));
				todo = BIT(obj); ret = Finish; commit(Settle)
			:: op == Unlock -> assert(PAYLOAD(obj) == me + 1); o = obj; told = 0; ret = Finish; pc = Pass
			:: op == Close ->               /* discard */
				if
				:: MUTEX(obj) && PAYLOAD(obj) == me + 1 -> state[obj] = CLOSED_OF(obj); touched = touched | BIT(obj); o = obj; told = A; ret = Finish; pc = Pass
				:: else -> pc = Finish
				fi
#ifdef BUG_LOOK_BEFORE_CLOSE
			:: op == Fetch -> pc = Finish
#endif
			fi
		:: pc == Pass ->             /* mutex.go: free it, but give it to whoever is next */
			if :: told == A -> left[o] = 1 :: else -> assert(holder[o] == me + 1) fi;
			holder[o] = 0;
			state[o] = MAKE(FROZEN, S | told); told = 0;
			todo = BIT(o); o = 0; pc = Settle

		/* ---- look.go: poll */
		:: pc == Poll ->                    /* any: close one object, look at it */
			do :: !IN(todo, j) -> j++ :: else -> break od;
			touched = touched | BIT(j);
			if
#ifndef BUG_LOOK_BEFORE_CLOSE
			:: !IS_CLOSED(j) -> state[j] = CLOSED_OF(j)
#endif
			:: else ->
				freeze(j);
				if
				:: (MUTEX(j) && FREE(j)) || (!MUTEX(j) && PAYLOAD(j) > 0) -> todo = 0; consume(j); told = 0; stop = 1; ret = Finish; commit(ThawAll)
				:: else ->
					todo = todo & ~BIT(j);
					if :: todo == 0 -> pc = (op == Try -> Finish : Enqueue) :: else fi
				fi
			fi;
			j = 0
		:: pc == PollAll ->          /* all: look at one after the other, which are closed */
			do :: !IN(todo, j) -> j++ :: else -> break od;
			freeze(j);
			if
			:: ((MUTEX(j) && FREE(j)) || (!MUTEX(j) && PAYLOAD(j) > 0)) ->
				todo = todo & ~BIT(j);
				if
				:: todo == 0 ->
					for (j : 0 .. NO - 1) { if :: HAS(w, j) -> consume(j) :: else fi }
					told = 0; stop = 1; ret = Finish; commit(ThawAll)
				:: else
				fi
			:: else -> todo = 0; ret = (op == Try -> Finish : Enqueue); pc = ThawAll
			fi;
			j = 0

		/* ---- waiter.go: enqueue; withdraw.go */
		:: pc == Enqueue ->
			putQueued(w);
#ifdef BUG_LOOK_BEFORE_CLOSE
			todo = WAITS(w); commit(CloseAll); op = Fetch
#else
			commit(Finish)
#endif
		:: pc == Withdraw && WITHDRAW_CLOSES(w) ->                                     /* closeNudged */
			state[FIRST(w)] = state[FIRST(w)] & ~W; touched = touched | BIT(FIRST(w))
		:: pc == Withdraw && !WITHDRAW_CLOSES(w) ->
			if
#ifndef BUG_CANCEL_KEEPS_THE_NUDGE
			:: claim[w] == NUDGED -> todo = BIT(FIRST(w))
#endif
			:: else -> todo = 0
			fi;
			putUnlinked(w); put(CLAIM_OF(w), (op == Close -> CLOSED : CANCELLED));
			wake(w);
			ret = (op == Close -> Change : Finish);
			commit((todo -> Settle : ret))
		:: pc == FetchMutex ->       /* fetch: by the same compare-and-swap as everybody */
			o = FIRST(w);
			if
			:: PAYLOAD(o) == 0 -> told = (FLAGS(o) & A -> BIT(o) : 0); state[o] = MAKE(me + 1, FLAGS(o) & ~(A | W)); pc = Fetched
#ifdef BUG_REQUEUE_KEEPS_W
			:: else -> o = 0; pc = InVain
#else
			:: else -> state[o] = state[o] & ~W; o = 0; pc = InVain
#endif
			fi
		:: pc == InVain -> claim[w] = WAITING; pc = Finish
		:: pc == Fetched ->
			putUnlinked(w); put(CLAIM_OF(w), GRANTED + o + (told << 4)); told = 0; o = 0;
			commit(Finish)

		/* ---- settle.go: object after object */
		:: pc == Consider -> considerNext()
		:: pc == StartWaking ->
#ifndef BUG_NO_WAKING
			waking[me]++;
#endif
			waker = 1; pc = after; after = 0
		:: pc == Grant ->
			for (j : 0 .. NO - 1) { if :: HAS(cw, j) && (pick == WHOLE || pick == j) -> putConsumed(j, PROCESS(cw)) :: else fi }
			j = 0;
			putUnlinked(cw);
			put(CLAIM_OF(cw), GRANTED + pick + (told << 4));
#ifdef BUG_CLAIM_FIRST
			j = target[0]; target[0] = target[n - 1]; target[n - 1] = j;
			j = value[0]; value[0] = value[n - 1]; value[n - 1] = j; j = 0;
#endif
#ifdef BUG_LOG_OPENS
			value[0] = value[0] & ~S;       /* bug: a word in the log that is not closed */
#endif
#ifdef BUG_WAKE_BEFORE_COMMIT
			asleep = asleep & ~BIT(cw);
#else
			wake(cw);
#endif
			told = 0; pick = 0; cw = 0;
			commit(Consider)
		:: pc == Nudge ->
			put(NUDGED_OF(pick), cw + 1); put(CLAIM_OF(cw), NUDGED);
#ifndef BUG_NUDGE_WITHOUT_WAKE
			wake(cw);
#endif
			pick = 0; cw = 0;
			commit(Consider)
		:: pc == ThawAll -> thawNext()
		:: pc == EndPulse ->
			if :: todo == 0 -> o = obj :: else fi;
			made[o] = made[o] - PAYLOAD(o); state[o] = MAKE(0, FLAGS(o) & ~P);
			todo = todo & ~BIT(o); o = 0; after = 0;
			if :: todo == 0 -> pc = (ret -> ret : Finish); ret = 0 :: else -> pc = Settle fi

		/* ---- log.go: every store, then count 0 */
		:: pc == Apply ->
			if
			:: i < COUNT -> store(target[i], value[i]); i++
			:: else -> forgetLog(); pc = after; after = 0
			fi

		/* ---- reap.go, under the lock */
		:: pc == ReapWaits ->
			do :: j < NW && !(PROCESS(j) == d && QUEUED(j)) -> j++ :: else -> break od;
			if
			:: j < NW && TO_CLOSE(j) ->                                             /* closeNudged */
				state[FIRST(j)] = state[FIRST(j)] & ~W; touched = touched | BIT(FIRST(j))
			:: j < NW && !TO_CLOSE(j) ->
#ifndef BUG_REAP_KEEPS_THE_NUDGE
				if :: claim[j] == NUDGED -> todo = BIT(FIRST(j)) :: else fi;
#endif
				putUnlinked(j); put(CLAIM_OF(j), CANCELLED);
				ret = ReapWaits;
				commit((todo -> Settle : ReapWaits))
			:: else -> ret = 0; pc = Finish
			fi;
			j = 0
		:: pc == ReapMutexes ->
			do :: j < NO && !(MUTEX(j) && PAYLOAD(j) == d + 1) -> j++ :: else -> break od;
			if
			:: j < NO && !IS_CLOSED(j) -> state[j] = CLOSED_OF(j); touched = touched | BIT(j)
			:: j < NO && IS_CLOSED(j) -> o = j; told = A; ret = ReapMutexes; pc = Pass; touched = touched | BIT(j)
			:: else -> ret = 0; pc = Finish
			fi;
			j = 0
		:: pc == FreeSlot -> put(WAKING_OF(d), 0); commit(ClearAlive)
		:: pc == ClearAlive -> freed = freed | BIT(d); pc = Finish

		/* ---- close.go: finish; lock.go: unlock */
		:: pc == Finish ->
			for (g : 0 .. NW - 1) { k = k | inq[g] }
#ifdef BUG_REOPEN_WITH_A_QUEUE
			k = 0;
#endif
			do :: j < NO && !(IN(touched & k, j) && MUTEX(j) && COMES(j) && !(state[j] & W)) -> j++ :: else -> break od;
			if
			:: j < NO -> state[j] = state[j] | W; touched = touched & ~BIT(j); k = NOBODY              /* leaveToNudged */
			:: else -> touched = touched & ~k; k = 0; j = 0
			fi;
			g = 0;
			do :: k == 0 && j < NO && !(IN(touched, j) && (state[j] & S)) -> j++ :: else -> break od;
			if
			:: k != 0 -> k = 0; j = 0
			:: k == 0 && j < NO -> state[j] = state[j] & ~(S | W); touched = touched & ~BIT(j); j = 0      /* reopen */
			:: k == 0 && j >= NO -> touched = 0; j = 0; invariants(); lock = 0; pc = Deliver
			fi

		/* ---- wake.go */
		:: pc == Deliver ->
			if
			:: wakes != 0 ->
				do :: !IN(wakes, j) -> j++ :: else -> break od;
				wakes = wakes & ~BIT(j); asleep = asleep & ~BIT(j); j = 0
			:: else ->
#ifndef BUG_NO_WAKING
				if :: waker -> waking[me]-- :: else fi;
#endif
				waker = 0; pc = Delivered
			fi

		/* ---- reap.go: wakeScan, without the lock */
		:: pc == WakeScan ->
#ifdef BUG_NO_WAKE_SCAN
			i = NW;
#endif
			if
			:: i < NW && waking[d] != 0 ->
				if :: claim[i] != IDLE && claim[i] != WAITING -> asleep = asleep & ~BIT(i) :: else fi;
				i++
			:: else -> i = 0; stage = 3; pc = Lock
			fi

		/* ---- block.go: sleep; withdraw.go: await */
		:: pc == Sleep ->
			if
			:: claim[w] == WAITING -> asleep = asleep | BIT(w); pc = Asleep
#ifdef BUG_REQUEUE_WITHOUT_LOCK
			:: claim[w] == NUDGED -> if :: PAYLOAD(FIRST(w)) == 0 -> op = Fetch; pc = Lock :: else -> pc = ReQueue fi
#else
			:: claim[w] == NUDGED -> op = Fetch; pc = Lock
#endif
			:: else -> assert(claim[w] != IDLE); claim[w] = IDLE; w = 0; pc = Next      /* release */
			fi
#ifdef BUG_REQUEUE_WITHOUT_LOCK
		:: pc == ReQueue -> if :: claim[w] == NUDGED -> claim[w] = WAITING :: else fi; pc = Sleep
#endif
		:: pc == Asleep -> pc = Sleep

		/* ---- watch.go, abstracted: see watch.pml */
		:: pc == Watching ->
			do :: !IN(dead & ~freed, d) -> d++ :: else -> break od;
			op = Reap; stage = 0; then = Watch; pc = Barrier
		:: pc == Barrier -> pc = Lock
		fi;

		/* What nobody else can see belongs to the same step. */
		do
		:: pc == Redo ->
#ifdef BUG_NO_REDO
			forgetLog(); pc = Recover
#else
			after = Recover; pc = Apply
#endif
		:: pc == Recover && !(state[0] & W) && !(NO > 1 && (state[NO - 1] & W)) ->
#ifdef BUG_NO_SETTLE
			pc = Do
#else
			for (j : 0 .. NO - 1) { if :: state[j] & S -> k = k | BIT(j) :: else fi }
			touched = k;
			if :: k != 0 -> settle(k, Do) :: else -> pc = Do fi;
			j = 0; k = 0
#endif
		:: pc == Do ->
			if
			:: op == Wait || op == Try ->
				ownerAlive(w);
				if
				:: ok -> then = op; op = Reap; stage = 0; stop = 1; ok = 0; pc = Finish    /* deadHolder */
				:: else -> todo = WAITS(w); pc = (KIND(w) == ALL -> CloseAll : Poll)
				fi
			:: op == Cancel || op == Close ->
				if
				:: QUEUED(w) -> after = Withdraw; pc = (waker -> Withdraw : StartWaking)
				:: else -> pc = (op == Close -> Change : Finish)
				fi
			:: op == Fetch -> pc = (claim[w] == NUDGED -> FetchMutex : Finish)
			:: op == Reap && (!IS_DEAD(d) || IN(freed, d)) -> stage = 4; pc = Finish    /* mayReap */
			:: op == Reap && stage == 0 && !IN(freed, d) -> pc = ReapWaits
			:: op == Reap && stage == 1 && !IN(freed, d) -> pc = ReapMutexes
			:: op == Reap && stage == 3 && !IN(freed, d) -> pc = FreeSlot
			:: else -> todo = BIT(obj); pc = CloseAll
			fi
		:: pc == Delivered ->
			if
			:: op == Reap && stop -> pc = Barrier                       /* deadHolder: now reap */
#ifdef BUG_FREE_BEFORE_REAPING
			:: op == Reap && !stop && stage == 0 -> stage = 3; pc = Lock
			:: op == Reap && !stop && stage == 3 -> stage = 4
#else
			:: op == Reap && !stop && stage == 0 -> stage = 1; pc = Lock
			:: op == Reap && !stop && stage == 1 -> stage = 2; pc = WakeScan
			:: op == Reap && !stop && stage == 3 -> stage = 4
#endif
			:: op == Reap && !stop && stage == 4 ->
				stage = 0; d = 0; op = then; then = 0; pc = (op == Watch -> Watching : Lock)
			:: (op == Wait && !stop) || op == Fetch -> op = Wait; pc = Sleep
			:: else -> w = 0; obj = 0; pc = Next
			fi;
			clear()
#ifndef MUTEXES
		:: pc == Settle -> startSettling(0)
#endif
		:: pc == Consider && !CAN_FREEZE -> considerNext()
		:: pc == ThawAll && frozen == 0 -> thawNext()
		:: else -> break
		od }

#ifdef MUTEXES
	/* settle: the clock has it that none, the first or all of those queued have waited long enough. */
	:: d_step { dying == 0 && pc == Settle -> startSettling(0) }
	:: d_step { dying == 0 && pc == Settle -> startSettling(1) }
	:: d_step { dying == 0 && pc == Settle -> startSettling(NW) }
#endif

#ifdef MUTEXES
	/* unlockAs: it is left to the waiter on its way, unless that is over, or takes too long. */
	:: d_step { dying == 0 && pc == Leave && (FLAGS(obj) & W) ->
		assert(PAYLOAD(obj) == me + 1 && holder[obj] == me + 1);
		state[obj] = MAKE(0, FLAGS(obj)); holder[obj] = 0; w = 0; obj = 0; pc = Next }
	:: d_step { dying == 0 && pc == Leave -> pc = Lock }
#endif

	/* -------------------------------------------------- death */
	:: d_step { dying == 0 && deaths < DEATHS && zombies == 0 && pc != Stopped && pc != Dead && IN(MORTAL, me) && !IS_DEAD(me) ->
		deaths++; dead = dead | BIT(me);
#ifdef LATE
		zombies = BIT(me) }             /* marked; its threads may still be on their last instructions */
	:: d_step { dying == 0 && IN(zombies, me) && pc != Dead -> zombies = 0;
#endif
		for (j : 0 .. NW - 1) { if :: PROCESS(j) == me -> asleep = asleep & ~BIT(j) :: else fi }
		for (j : 0 .. NT - 1) { if :: OF(j) == me -> dying = dying | BIT(j + 1) :: else fi }
		dying = dying & running; j = 0 }
	:: d_step { IN(dying, _pid) && pc != Dead ->
		dying = dying & ~BIT(_pid); running = running & ~BIT(_pid);
		ip = 0; op = 0; obj = 0; w = 0; d = 0; stage = 0; then = 0; ret = 0; after = 0; clear(); pc = Dead }
	od
}

/* Monitor looks when nothing moves any more. */
proctype Monitor() {
	byte g, j, k;
	bit ok;
end:
	timeout;
	d_step {
		assert(dying == 0);
		for (g : 0 .. NW - 1) {
			assert(!IN(asleep, g) || claim[g] == WAITING);          /* no lost wake-up */
			if
			:: QUEUED(g) && !IS_DEAD(PROCESS(g)) ->
				assert(IN(asleep, g));                              /* nobody hangs elsewhere */
				assert(!IN(owed, g));
				satisfiable(g, SIGNALLED(j));
				assert(!ok); ok = 0
			:: else
			fi
		}
		if
		:: (running & WATCHERS) != 0 ->                             /* somebody clears up */
			assert(dead == freed && lock == 0 && logCount == 0);
			for (j : 0 .. NO - 1) {
				k = 0;
				for (g : 0 .. NW - 1) { k = k | inq[g] }
				assert(IN(k, j) == (state[j] & S));                 /* the fast paths are back */
				assert(!MUTEX(j) || PAYLOAD(j) == holder[j])
			}
			for (g : 0 .. NP - 1) { assert(waking[g] == 0) }
			FINALLY()
		:: else
		fi
	}
}

init {
	byte r;
	atomic {
		for (r : 0 .. NT - 1) { run Thread(OF(r), r); running = running | BIT(r + 1) }
		r = 0;
		run Monitor()
	}
}
