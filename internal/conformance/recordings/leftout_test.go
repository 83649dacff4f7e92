package main

var leftOut = map[string]string{}
