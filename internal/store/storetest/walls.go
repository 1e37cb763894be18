package storetest

var wallPromises = []promise{}
