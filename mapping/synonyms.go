package mapping

// synonyms are the names, folded, that exports give the fields in place of
// OneRoster's, the surest first. The loose ones also name other things, and
// count only where the values bear them out.
var synonyms = []struct {
	field       string
	sure, loose []string
}{
	{"sourcedId",
		[]string{"enrollmentsourcedid", "enrollmentid", "enrolmentid", "enrollmentguid", "enrollmentkey", "enrollmentnumber", "rosterid", "registrationid", "studentsectionid", "sectionenrollmentid"},
		[]string{"enrollment", "id", "guid", "recordid", "externalid"}},
	{"dateLastModified",
		[]string{"lastmodified", "datemodified", "modifieddate", "lastupdated", "updatedat", "lastupdate", "modifiedat", "modified"},
		nil},
	{"status",
		[]string{"enrollmentstatus", "enrolmentstatus", "recordstatus", "rosterstatus"},
		[]string{"state", "active", "isactive", "enrolled"}},
	{"role",
		[]string{"enrollmentrole", "userrole", "personrole", "memberrole", "roletype", "rolename"},
		[]string{"usertype", "persontype", "membertype", "type", "position"}},
	{"primary",
		[]string{"isprimary", "primaryteacher", "primaryflag", "isprimaryteacher", "leadteacher", "teacherofrecord"},
		[]string{"lead", "main"}},
	{"beginDate",
		[]string{"startdate", "entrydate", "enrollmentstartdate", "enrollmentbegindate", "enrollstartdate", "dateenrolled", "enrolldate", "enrollmentdate", "dateentered", "entereddate", "admissiondate", "admitdate", "datestart", "datebegin", "validfrom", "effectivedate"},
		[]string{"start", "begin", "entry", "from", "enrolled"}},
	{"endDate",
		[]string{"exitdate", "leavedate", "leavingdate", "withdrawaldate", "withdrawdate", "withdrawndate", "dropdate", "enrollmentenddate", "enrollenddate", "dateleft", "dateexited", "dateend", "dateexit", "validto", "validuntil", "expirationdate", "termenddate"},
		[]string{"end", "exit", "to", "until", "left", "withdrawn"}},
	{"user",
		[]string{"userid", "usersisid", "studentid", "studentsourcedid", "studentnumber", "studentno", "studentuniqueid", "studentguid", "pupilid", "learnerid", "personid", "personsourcedid", "personguid", "memberid", "sisuserid", "sisid", "studentsisid"},
		[]string{"student", "pupil", "person", "learner", "member", "uid"}},
	{"class",
		[]string{"classid", "sectionid", "sectionsourcedid", "sectionnumber", "sectionno", "sectionguid", "sectionkey", "coursesectionid", "classguid", "classnumber", "classcode", "sectioncode", "siscourseid", "crn", "groupid"},
		[]string{"section", "group", "coursesection"}},
	{"school",
		[]string{"schoolid", "schoolcode", "schoolnumber", "schoolno", "schoolguid", "buildingid", "buildingcode", "campusid", "campuscode", "orgid", "orgsourcedid", "organizationid", "siteid", "sitecode", "locationid", "schoolsisid"},
		[]string{"building", "campus", "org", "site", "location"}},
	{"metadata.goals.dailyXp", []string{"dailyxp", "xpgoal", "dailyxpgoal", "goalxp", "xpperday"}, nil},
	{"metadata.goals.dailyLessons", []string{"dailylessons", "lessongoal", "lessonsgoal", "dailylessongoal", "lessonsperday"}, nil},
	{"metadata.goals.dailyActiveMinutes", []string{"dailyactiveminutes", "activeminutesgoal", "minutesgoal", "minutegoal", "dailyminutes", "minutesperday"}, nil},
	{"metadata.goals.dailyAccuracy", []string{"dailyaccuracy", "accuracygoal", "dailyaccuracygoal"}, nil},
	{"metadata.goals.dailyMasteredUnits", []string{"dailymasteredunits", "masteredunitsgoal", "unitsgoal", "unitsperday"}, nil},
	{"metadata.metrics.totalXp", []string{"totalxp"}, nil},
	{"metadata.metrics.totalLessons", []string{"totallessons"}, nil},
	{"metadata.metrics.totalGrades", []string{"totalgrades"}, nil},
	{"metadata.metrics.courseType", []string{"coursetype"}, nil},
	{"metadata.metrics.isSupplemental", []string{"issupplemental", "supplemental"}, nil},
}

// meanings are what source values, folded, stand for.
var meanings = map[string]map[string]string{
	"status": {
		"active": "active", "a": "active", "enrolled": "active", "current": "active", "registered": "active", "open": "active",
		"e": "active", "y": "active", "yes": "active", "true": "active", "t": "active", "1": "active", "tobedeleted": "tobedeleted",
	},
	"role": {
		"student": "student", "students": "student", "s": "student", "stu": "student", "stud": "student", "pupil": "student", "learner": "student",
		"teacher": "teacher", "teachers": "teacher", "t": "teacher", "tch": "teacher", "tea": "teacher", "instructor": "teacher", "professor": "teacher",
		"faculty": "teacher", "educator": "teacher", "leadteacher": "teacher", "primaryteacher": "teacher", "coteacher": "teacher", "teacherofrecord": "teacher",
		"administrator": "administrator", "admin": "administrator", "adm": "administrator", "principal": "administrator",
		"proctor": "proctor", "invigilator": "proctor",
	},
	"primary":                         spokenOrWritten,
	"metadata.metrics.isSupplemental": spokenOrWritten,
}

// spokenOrWritten is spokenBoolean with the words themselves.
var spokenOrWritten = map[string]string{
	"true": "true", "y": "true", "yes": "true", "t": "true", "1": "true", "on": "true",
	"false": "false", "n": "false", "no": "false", "f": "false", "0": "false", "off": "false",
}

// endings are statuses, folded, that read like an enrollment that is over.
// That OneRoster can only say as tobedeleted, which is not for a guess.
var endings = map[string]bool{
	"inactive": true, "i": true, "withdrawn": true, "w": true, "dropped": true, "drop": true, "d": true, "deleted": true, "removed": true,
	"exited": true, "ended": true, "closed": true, "completed": true, "transferred": true, "graduated": true, "left": true,
	"n": true, "no": true, "false": true, "f": true, "0": true, "x": true,
}
