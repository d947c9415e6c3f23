#ifndef CLINUX_DESCRIPTORS_H
#define CLINUX_DESCRIPTORS_H

#include <stdbool.h>

// One descriptor with one byte (SCM_RIGHTS, unix(7)). False with errno set if it was not sent.
bool send_descriptor(int socket, int fd);

// -1 if the byte came without one, or none came.
int receive_descriptor(int socket);

#endif
