#define ROOM 1000
#include "frame.h"
