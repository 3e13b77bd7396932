/*
 * bcryptprimitives.dll with its one documented function, for a Wine that lacks
 * it. SystemFunction036 is the real name of RtlGenRandom.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size)
{
	const ULONG most = 1u << 30;

	while (size > 0) {
		ULONG part = size < most ? (ULONG)size : most;

		if (!SystemFunction036(buffer, part))
			return FALSE;
		buffer += part;
		size -= part;
	}
	return TRUE;
}
