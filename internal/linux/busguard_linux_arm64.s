#include "textflag.h"

#define SYS_mmap 222
#define BUS_ADRERR 2
#define PROT_READ_WRITE 3
#define MAP_PRIVATE_FIXED_ANONYMOUS 0x32

// func busHandlerAddress() uintptr
TEXT ·busHandlerAddress(SB),NOSPLIT,$0-8
	MOVD	$busHandler<>(SB), R0
	MOVD	R0, ret+0(FP)
	RET

// The kernel calls it: signal in R0, siginfo in R1, ucontext in R2, the address
// of the restorer in R30. It may change any register but R28 (Go's g), since
// the restorer brings them all back, and must hand these and the stack on
// as they came.
TEXT busHandler<>(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVW	8(R1), R3		// si_code
	CMPW	$BUS_ADRERR, R3
	BNE	next
	MOVD	16(R1), R9		// si_addr
	MOVD	$·guards(SB), R10
	MOVD	$1024, R11		// maxGuards
search:
	MOVD	0(R10), R3		// low
	CMP	R3, R9
	BLO	other
	MOVD	8(R10), R3		// high
	CMP	R3, R9
	BLO	found
other:
	ADD	$24, R10
	SUB	$1, R11
	CBNZ	R11, search
next:
	MOVD	·guardNext(SB), R3
	JMP	(R3)
found:
	MOVD	R0, R12
	MOVD	R1, R13
	MOVD	R2, R14
	MOVD	·guardPageSz(SB), R1
	SUB	$1, R1, R3
	BIC	R3, R9, R0		// the page
	MOVD	$PROT_READ_WRITE, R2
	MOVD	$MAP_PRIVATE_FIXED_ANONYMOUS, R3
	MOVD	$-1, R4
	MOVD	$0, R5
	MOVD	$SYS_mmap, R8
	SVC
	CMN	$4095, R0
	BCS	failed
	ADD	$16, R10, R3		// trips
increment:
	LDAXR	(R3), R4
	ADD	$1, R4
	STLXR	R4, (R3), R5
	CBNZW	R5, increment
	RET
failed:
	MOVD	R12, R0
	MOVD	R13, R1
	MOVD	R14, R2
	B	next
