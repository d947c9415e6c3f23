// What differs between processors. Each has a folder with a header of this name; to add one, add a folder, and a branch here.
// The header defines
//
//   architecture_call      the system call instruction; the kernel's own result (negative errno)
//   add                    an addition to memory in one instruction, so that a signal handler's own addition to the same cell
//                          cannot be lost between load and store
//   architecture_touch     a write to a byte that changes nothing, not even where another thread writes at the same time
//   ARCHITECTURE_VFORK     the body of vfork
//   ARCHITECTURE_CLOCK     the vDSO's name for clock_gettime
//
//   struct registers       those that a stack is walked by: ip, sp, bp
//   architecture_registers the caller's
//   architecture_interrupted  those that a signal frame keeps
//   architecture_plt_cfa   the CFA in a PLT slot whose CFI is architecture_plt_expression
//   architecture_is_plt_slot  an instruction is in such a slot, by the code there
//   REGISTER_BP, REGISTER_SP, REGISTER_RETURN   their DWARF numbers
//   RETURN_FROM_CFA        where the return address is saved
//   RETURN_FROM_BP, FRAME_FROM_BP  where it is, and where the caller's frame begins, by the frame pointer
#ifndef DIOAUDIT_ARCHITECTURE_H
#define DIOAUDIT_ARCHITECTURE_H

#if defined(__x86_64__)
#include "x86_64/architecture.h"
#else
#include "unsupported/architecture.h"
#endif

#endif
