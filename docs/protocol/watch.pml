/*
 * watch.pml - the ring of watchers (internal/shm/watch.go, slot.go).
 *
 * NP slots, of which each live one's watcher sleeps on its bell and on the
 * alive words of the next WATCHED live ones. JOINS processes come, LEAVES go
 * and DEATHS die at any step; the kernel wakes one of those who sleep on the
 * word of the dead. What it means to reap is in engine.pml: here it is a step.
 *
 * At the end every death has been noticed, if anybody is left to notice it. One
 * that dies while it joins owns nothing yet, and may be found later.
 *
 */
#define BIT(x)   (1 << (x))
#define IN(m, x) (((m) >> (x)) & 1)

#ifndef NP
#define NP 4
#endif
#ifndef WATCHED
#define WATCHED 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef LEAVES
#define LEAVES 0
#endif
#ifndef JOINS
#define JOINS 0
#endif

#define FREE 0
#define LIVE 1
#define DIED 2

byte alive[NP];
byte bell[NP];
byte on[NP];                        /* the alive words that the watcher of a slot sleeps on */
bit sleeps[NP];                     /* it sleeps: on its bell, too */
byte deaths, leaves, joins;
byte killed;                        /* by slot; a slot is not used again */
byte leaving;
byte owns;                          /* ghost: slots whose process may own something: it has joined */

#define NEXT(k) (((k) + 1) % NP)
#define LAST(k) (((k) + NP - 1) % NP)

/* ringPredecessors of slot i, by the process of slot me */
inline ringPredecessors(i) {
	k = LAST(i); rung = 0;
	do
	:: k != i && rung < WATCHED ->
		if
#ifdef BUG_RING_COUNTS_THE_DEAD
		:: d_step { alive[k] != FREE && k != me -> bell[k]++; rung++ };
#else
		:: d_step { alive[k] != FREE && k != me -> bell[k]++; if :: alive[k] == LIVE -> rung++ :: else fi };
#endif
#ifndef BUG_RING_WITHOUT_WAKE
			d_step { sleeps[k] = 0; on[k] = 0; k = LAST(k) }        /* ringBell: add, then wake */
#else
			k = LAST(k)
#endif
		:: else -> k = LAST(k)
		fi
	:: else -> break
	od;
	k = 0; rung = 0
}

proctype Watcher(byte me; bit newcomer) {
	byte seen, k, rung, words, count, d;
	{
	skip;
#ifndef BUG_JOIN_WITHOUT_RING
	if
	:: newcomer -> ringPredecessors(me); owns = owns | BIT(me)
	:: else -> goto end_asleep
	fi;
#else
	if
	:: newcomer -> owns = owns | BIT(me)
	:: else -> goto end_asleep
	fi;
#endif
look:
#ifndef BUG_BELL_READ_LAST
	seen = bell[me];
#endif
	if
	:: IN(leaving, me) -> goto leave
	:: else
	fi;
	/* nextSlots */
	k = NEXT(me); words = 0; count = 0;
	do
	:: k == me || count == WATCHED -> break
	:: k != me && count < WATCHED ->
		if
		:: d_step { alive[k] == FREE -> k = NEXT(k) }
		:: d_step { alive[k] == LIVE -> words = words | BIT(k); count++; k = NEXT(k) }
		:: d_step { alive[k] == DIED -> d = k; k = 0; words = 0; count = 0 } -> goto reap
		fi
	od;
	/* SleepAny: only if nothing has changed */
#ifdef BUG_BELL_READ_LAST
	seen = bell[me];
#endif
	if
	:: d_step { bell[me] == seen ->
		k = 0;
		do :: k < NP && !(IN(words, k) && alive[k] != LIVE) -> k++ :: else -> break od;
		if :: k == NP -> sleeps[me] = 1; on[me] = words :: else fi;
		k = 0; words = 0; count = 0; seen = 0 }
	:: else
	fi;
end_asleep:
	!sleeps[me] -> goto look;

reap:	/* the stages; then freeSlot, by one of many */
	if
	:: d_step { alive[d] == DIED -> alive[d] = FREE }
	:: else
	fi;
#ifndef BUG_REAP_WITHOUT_RING
	ringPredecessors(d);
#endif
	d = 0;
	goto look;

leave:	ringPredecessors(me);
	d_step { alive[me] = FREE; seen = 0 }
#ifndef BUG_LEAVE_WITHOUT_WAKE
	;
	d_step { for (k : 0 .. NP - 1) { if :: IN(on[k], me) -> sleeps[k] = 0; on[k] = 0 :: else fi }; k = 0 }
#endif
	} unless { IN(killed, me) };
	d_step { seen = 0; k = 0; rung = 0; words = 0; count = 0; d = 0 }
}

#define MAY_WAKE(s) ((s) < NP && sleeps[(s) % NP] && IN(on[(s) % NP], p))

proctype Kernel() {
	byte p, w;
end:
	do
	:: atomic { deaths < DEATHS ->
		if
		:: (alive[0 % NP] == LIVE) -> p = 0
		:: (alive[1 % NP] == LIVE) -> p = 1
		:: (alive[2 % NP] == LIVE) -> p = 2
		:: (NP > 3 && alive[3 % NP] == LIVE) -> p = 3
		:: (NP > 4 && alive[4 % NP] == LIVE) -> p = 4
		:: (NP > 5 && alive[5 % NP] == LIVE) -> p = 5
		fi;
		d_step { deaths++; alive[p] = DIED; killed = killed | BIT(p); sleeps[p] = 0; on[p] = 0 };
		if                          /* one of those who sleep on the word is woken */
		:: MAY_WAKE(0) -> w = 0
		:: MAY_WAKE(1) -> w = 1
		:: MAY_WAKE(2) -> w = 2
		:: MAY_WAKE(3) -> w = 3
		:: MAY_WAKE(4) -> w = 4
		:: MAY_WAKE(5) -> w = 5
		:: else -> w = p
		fi;
		d_step { sleeps[w] = 0; on[w] = 0; p = 0; w = 0 } }
	od
}

/* Go decides who leaves and who joins: the last slots join late. */
proctype Go() {
	byte p;
end:
	do
	:: atomic { leaves < LEAVES && (alive[1] == LIVE && !IN(leaving, 1) || alive[2] == LIVE && !IN(leaving, 2)) ->
		if
		:: alive[1] == LIVE && !IN(leaving, 1) -> p = 1
		:: alive[2] == LIVE && !IN(leaving, 2) -> p = 2
		fi;
		d_step { leaves++; leaving = leaving | BIT(p); bell[p]++; sleeps[p] = 0; on[p] = 0; p = 0 } }
	:: atomic { joins < JOINS && alive[NP - 1 - joins] == FREE && !IN(leaving, NP - 1 - joins) && !IN(killed, NP - 1 - joins) ->
		alive[NP - 1 - joins] = LIVE; run Watcher(NP - 1 - joins, 1); joins++ }
	od
}

proctype Monitor() {
	byte k, dead, left;
end:
	timeout;
	d_step {
		for (k : 0 .. NP - 1) {
			if
			:: alive[k] == DIED && IN(owns, k) -> dead++
			:: alive[k] == LIVE -> left++
			:: else
			fi
		}
		assert(dead == 0 || left == 0)
	}
}

init {
	byte r, k;
	atomic {
		for (r : 0 .. NP - 1 - JOINS) {
			alive[r] = LIVE; sleeps[r] = 1; owns = owns | BIT(r);
			for (k : 1 .. WATCHED) { on[r] = on[r] | BIT((r + k) % (NP - JOINS)) };
			on[r] = on[r] & ~BIT(r);
			run Watcher(r, 0)
		}
		k = 0;
		r = 0;
		run Kernel(); run Go(); run Monitor()
	}
}
