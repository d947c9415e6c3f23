// The layout is all in the header; compiling it here checks its static asserts on the host's side.
#include "ledger_abi.h"
