/*
 * cache.h: what was found in images is kept in a folder, so that the next program that needs the
 * same libraries, or the same program the next time, has it already.
 */
#ifndef DWELL_ANALYSIS_CACHE_CACHE_H
#define DWELL_ANALYSIS_CACHE_CACHE_H

#include "analysis/found.h"

struct cache;

/** Opens the cache in @p folder; NULL, which the others accept, if @p folder is NULL or useless. */
struct cache *cache_open(struct decoded *decoded, const char *folder);

/**
 * Fills what was found in those images that the cache knows: found, taken and frames of their
 * functions, and decoded.outputs from @p first_output on, one for each image.
 */
void cache_load(struct cache *cache, uint32_t first_output);

/** Whether the image is filled. */
bool cache_has(const struct cache *cache, uint32_t image);

/** Keeps what was found in the other images, as far as it pays. */
void cache_save(struct cache *cache);

void cache_close(struct cache *cache);

#endif
