// Package browser runs a headless Chromium for tests: what a page looks like, what is in
// it, and whether axe-core finds fault with it. It speaks the few words of the Chrome
// DevTools Protocol that this takes.
//
// It needs Debian's package chromium, which .ci/run installs, and axe-core from npm, which
// "make axe" fetches.
package browser
