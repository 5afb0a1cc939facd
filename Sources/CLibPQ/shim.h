#ifndef PIPELINE_CLIBPQ_SHIM_H
#define PIPELINE_CLIBPQ_SHIM_H

#include <libpq-fe.h>

#endif
