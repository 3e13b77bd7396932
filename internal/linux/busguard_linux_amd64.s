#include "textflag.h"

#define SYS_mmap 9
#define BUS_ADRERR 2
#define PROT_READ_WRITE 3
#define MAP_PRIVATE_FIXED_ANONYMOUS 0x32

// func busHandlerAddress() uintptr
TEXT ·busHandlerAddress(SB),NOSPLIT,$0-8
	LEAQ	busHandler<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// The kernel calls it: signal in DI, siginfo in SI, ucontext in DX, the address
// of the restorer on the stack. It may change any register, since the restorer
// brings them all back, but must hand these three and the stack on as they came.
TEXT busHandler<>(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVL	8(SI), AX		// si_code
	CMPL	AX, $BUS_ADRERR
	JNE	next
	MOVQ	16(SI), R12		// si_addr
	LEAQ	·guards(SB), BX
	MOVL	$1024, CX			// maxGuards
search:
	CMPQ	R12, 0(BX)		// low
	JCS	other
	CMPQ	R12, 8(BX)		// high
	JCS	found
other:
	ADDQ	$24, BX
	DECL	CX
	JNZ	search
next:
	MOVQ	·guardNext(SB), AX
	JMP	AX
found:
	MOVQ	DI, R13
	MOVQ	SI, R14
	MOVQ	DX, R15
	MOVQ	·guardPageSz(SB), SI
	MOVQ	SI, DI
	NEGQ	DI
	ANDQ	R12, DI			// the page
	MOVL	$PROT_READ_WRITE, DX
	MOVL	$MAP_PRIVATE_FIXED_ANONYMOUS, R10
	MOVQ	$-1, R8
	XORL	R9, R9
	MOVL	$SYS_mmap, AX
	SYSCALL
	CMPQ	AX, $0xfffffffffffff001
	JCC	failed
	LOCK
	INCQ	16(BX)			// trips
	RET
failed:
	MOVQ	R13, DI
	MOVQ	R14, SI
	MOVQ	R15, DX
	JMP	next
