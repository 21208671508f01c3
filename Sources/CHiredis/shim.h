// The codec of the Redis wire format: reader and command formatting. Sockets are NIO's.
#include <hiredis/hiredis.h>
