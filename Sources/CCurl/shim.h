/* libcurl's option calls are variadic, which Swift cannot call: one wrapper for each argument type that we pass. */
#ifndef PIPELINE_CCURL_SHIM_H
#define PIPELINE_CCURL_SHIM_H

#include <curl/curl.h>
#include <stddef.h>

typedef size_t (*pipeline_curl_data_function)(char *data, size_t size, size_t count, void *context);
typedef int (*pipeline_curl_progress_function)(
    void *context, curl_off_t download_total, curl_off_t downloaded, curl_off_t upload_total, curl_off_t uploaded);

/* CURL_GLOBAL_ALL is a macro that Swift does not import. */
static inline CURLcode pipeline_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_ALL); }

static inline CURLcode pipeline_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode pipeline_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

/* libcurl copies the text. */
static inline CURLcode pipeline_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

/* The caller keeps what `value` points to alive until the transfer ends. */
static inline CURLcode pipeline_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode pipeline_curl_set_data_function(
    CURL *handle, CURLoption option, pipeline_curl_data_function function) {
    return curl_easy_setopt(handle, option, function);
}

static inline CURLcode pipeline_curl_set_progress_function(CURL *handle, pipeline_curl_progress_function function) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
}

static inline CURLcode pipeline_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

/* -1 where there is no connection any more. */
static inline CURLcode pipeline_curl_get_socket(CURL *handle, curl_socket_t *value) {
    return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, value);
}

/* libcurl does not copy the bytes: the caller keeps them alive as long as the handle and its connections. */
static inline CURLcode pipeline_curl_set_blob(CURL *handle, CURLoption option, const void *data, size_t size) {
    struct curl_blob blob = {.data = (void *)data, .len = size, .flags = CURL_BLOB_NOCOPY};
    return curl_easy_setopt(handle, option, &blob);
}

/* Signed to match Swift's imports of the constants. */
static inline CURLMcode pipeline_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/* The next transfer that has ended, and how; NULL where there is none. */
static inline CURL *pipeline_curl_multi_next_done(CURLM *multi, CURLcode *result) {
    int remaining = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &remaining))) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

#endif
