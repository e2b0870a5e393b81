/**
 * Loaded before a test file that looks for a planted fault: the same random cases at every run, so that a fault that
 * was caught is caught again, and no search for the smallest case, because one is enough.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.MILLRACE_SEED), endOnFailure: true })
