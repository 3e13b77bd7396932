/*
 * lock.pml - the namespace's lock word (internal/shm/lock.go): taking it,
 * sleeping on it, letting it go, taking it over from the dead, and what happens
 * when slots are used again meanwhile.
 *
 * A process takes the lock ROUNDS times. When it dies its slot is freed by who
 * holds the lock next, and another process moves in. A nap ends by itself only
 * if somebody has died: as long as all live, no wake-up may be lost, whatever
 * the engine's two milliseconds would hide.
 */
#define BIT(x)   (1 << (x))
#define IN(m, x) (((m) >> (x)) & 1)

#ifndef NP
#define NP 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif

/* The lock word: generation of the holder's slot, somebody sleeps, slot + 1; 0 when free. */
#define SLEEPERS 8
#define MINE     ((mine << 4) | (me + 1))
#define SLOT(w)  (((w) & 7) - 1)
#define GEN(w)   ((w) >> 4)

byte lock;
byte generation[NP];
byte dead, vacant;                   /* slots: marked by the kernel; free */
byte asleep;                        /* slots whose process sleeps on the lock word */
byte killed;                        /* by pid */
byte pids[NP];
byte deaths, newcomers;

byte inside;                        /* ghost: live processes that hold the lock */
bit damaged;                        /* ghost: a holder has died, and nobody has recovered since */

#ifdef BUG_NO_GENERATION
#define SAME(a, b) (((a) & 7) == ((b) & 7))
#define GONE(w) (IN(dead, SLOT(w)) || IN(vacant, SLOT(w)))
#else
#define SAME(a, b) ((a) == (b))
#define GONE(w) (GEN(w) != generation[SLOT(w)] || IN(dead, SLOT(w)) || IN(vacant, SLOT(w)))
#endif

inline take(flag) { lock = MINE | flag; inside++; held = 0; assert(inside == 1) }

/* Wake one of those who sleep, whichever. */
inline wakeOne() {
	if
	:: d_step { asleep == 0 -> skip }
	:: d_step { IN(asleep, 0) -> asleep = asleep & ~BIT(0) }
	:: d_step { IN(asleep, 1) -> asleep = asleep & ~BIT(1) }
	:: d_step { IN(asleep, 2) -> asleep = asleep & ~BIT(2) }
	fi
}

proctype Process(byte me; byte mine) {
	byte held, round, d, flag;
	bit recoverFirst;
	{
	skip;
again:
	if
	:: d_step { lock == 0 -> take(flag); recoverFirst = 0; assert(!damaged) }
	:: d_step { lock != 0 -> held = lock };
		if
		:: GONE(held) ->            /* holderGone; then, after any delay, the compare-and-swap */
			if
			:: d_step { SAME(lock, held) && lock != 0 -> take(SLEEPERS); recoverFirst = 1 }
			:: else -> held = 0; goto again
			fi
		:: else -> goto nap
		fi
	fi;

	/* recover, and reap: a dead slot gets a new generation, then it is free */
	if
	:: recoverFirst -> d_step { damaged = 0; recoverFirst = 0 }
	:: else
	fi;
	if
	:: d_step { dead != 0 -> d = 0; do :: !IN(dead, d) -> d++ :: else -> break od; generation[d]++ };
		d_step { dead = dead & ~BIT(d); vacant = vacant | BIT(d); d = 0 }
	:: else
	fi;

	/* unlock */
	d_step { assert(SLOT(lock) == me); held = lock; lock = 0; inside-- };
#ifndef BUG_UNLOCK_WITHOUT_WAKE
	if
	:: held & SLEEPERS -> wakeOne()
	:: else
	fi;
#endif
	d_step { held = 0; flag = 0; round++ };
	if
	:: round < ROUNDS -> goto again
	:: else -> goto stop
	fi;

nap:                                /* napOnLock */
#ifndef BUG_SLEEP_WITHOUT_MARK
	if
	:: held & SLEEPERS
	:: else ->
		if
		:: d_step { lock == held -> lock = held | SLEEPERS; held = held | SLEEPERS }
		:: else -> goto slept
		fi
	fi;
#endif
	if
	:: d_step { lock == held -> asleep = asleep | BIT(me) };
		if
		:: !IN(asleep, me)
		:: d_step { deaths > 0 && IN(asleep, me) && (lock == 0 || GONE(lock)) -> asleep = asleep & ~BIT(me) }   /* the nap is over; before, it would begin again */
		fi
	:: else
	fi;
slept:
	held = 0;
#ifndef BUG_FORGET_OTHER_SLEEPERS
	flag = SLEEPERS;                /* others may be asleep, too */
#endif
	goto again;

stop:	skip
	} unless { IN(killed, _pid) };
	if
	:: d_step { IN(killed, _pid) -> held = 0; round = 0; d = 0; flag = 0; recoverFirst = 0 }
	:: else -> d_step { round = 0; pids[me] = 0 }
	fi
}

inline kill(p) {
	deaths++;
	killed = killed | BIT(pids[p]); pids[p] = 0;
	dead = dead | BIT(p); asleep = asleep & ~BIT(p);
	if
	:: lock != 0 && SLOT(lock) == p && GEN(lock) == generation[p] -> inside--; damaged = 1
	:: else
	fi
}

proctype Kernel() {
end:
	do
	:: d_step { deaths < DEATHS && pids[0] != 0 -> kill(0) }
	:: d_step { deaths < DEATHS && pids[1] != 0 -> kill(1) }
	:: d_step { deaths < DEATHS && NP > 2 && pids[NP - 1] != 0 -> kill((NP - 1)) }
	:: atomic { IN(vacant, 0) && newcomers < 1 -> newcomers++; vacant = vacant & ~BIT(0); run Process(0, generation[0]); pids[0] = NP + 2 }
	:: atomic { IN(vacant, 1) && newcomers < 1 -> newcomers++; vacant = vacant & ~BIT(1); run Process(1, generation[1]); pids[1] = NP + 2 }
	od
}

init {
	atomic {
		run Process(0, 0); pids[0] = 1;
		run Process(1, 0); pids[1] = 2;
#if NP > 2
		run Process(2, 0); pids[2] = 3;
#endif
		run Kernel()
	}
}
