/** Imported first by what compiles in tests: they leave the user's cache of compiled code alone. */
process.env.MILLRACE_CACHE ??= 'off'
