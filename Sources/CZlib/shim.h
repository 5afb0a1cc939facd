/* zlib's init calls are macros, which Swift does not import. */
#ifndef PIPELINE_CZLIB_SHIM_H
#define PIPELINE_CZLIB_SHIM_H

#include <zlib.h>

/* A reader of gzip members (RFC 1952), header and check sum included. */
static inline int pipeline_zlib_inflate_gzip(z_streamp stream) { return inflateInit2(stream, 15 + 16); }

#endif
