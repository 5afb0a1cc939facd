#include "ct_error.h"

#include <stdarg.h>
#include <stdio.h>

#include "ct_internal.h"

static _Thread_local char message[512];

ct_status ct_fail(ct_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

const char *ct_last_error(void) { return message; }
