// Package serverattr has what the resources that make virtual servers have in common:
// attributes with the same names, words and defaults, and how they are read and written.
package serverattr
