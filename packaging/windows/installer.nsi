; Baton's installer for one person: no administrator, nothing outside of that person's folders and registry.
;
; makensis -DVERSION=… -DNUMBERS=four numbers -DPAYLOAD=folder -DICON=file.ico -DSIDE=file.bmp -DOUT=file.exe [-DTARGET=amd64-unicode] installer.nsi

Unicode true
!ifdef TARGET
  Target ${TARGET}
!endif
SetCompressor /SOLID lzma
ManifestDPIAware true
ManifestLongPathAware true
ManifestSupportedOS all
RequestExecutionLevel user

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include x64.nsh

!define NAME "Baton"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Baton"
!define CLASSES "Software\Classes"
!define KIND "Baton.Workflow"
; Where the program keeps a person's runs, settings and models (app/settings.py).
!define DATA "$LOCALAPPDATA\Baton"

Name "${NAME}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Baton"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "${NAME} ${VERSION}"
Icon "${ICON}"
UninstallIcon "${ICON}"

VIProductVersion "${NUMBERS}"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey FileDescription "Installs ${NAME}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey CompanyName "The Baton authors"
VIAddVersionKey LegalCopyright "Copyright 2026 The Baton authors. Apache License 2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\Baton.exe"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE SimpChinese

LangString RUNNING ${LANG_ENGLISH} "Baton is still open. Close it (what runs can be resumed later), then press Retry."
LangString RUNNING ${LANG_SIMPCHINESE} "Baton 还开着。请先关闭它（正在运行的内容稍后可以继续），然后按“重试”。"
LangString NOT_OURS ${LANG_ENGLISH} "There is another program in this folder:$\n$\n$INSTDIR$\n$\nChoose an empty folder for Baton."
LangString NOT_OURS ${LANG_SIMPCHINESE} "此文件夹中已有其他程序：$\n$\n$INSTDIR$\n$\n请为 Baton 选择一个空文件夹。"
LangString OLD_WINDOWS ${LANG_ENGLISH} "Baton needs a 64-bit Windows 10 or newer."
LangString OLD_WINDOWS ${LANG_SIMPCHINESE} "Baton 需要 64 位的 Windows 10 或更新的版本。"
LangString ALSO_DATA ${LANG_ENGLISH} "Delete your runs, costs, settings and added models as well?$\n$\n${DATA}$\n$\nWorkflow files that you saved elsewhere stay in any case."
LangString ALSO_DATA ${LANG_SIMPCHINESE} "要同时删除你的运行记录、花费、设置和添加的模型吗？$\n$\n${DATA}$\n$\n你保存在其他位置的工作流文件无论如何都会保留。"
LangString KIND_NAME ${LANG_ENGLISH} "Baton workflow"
LangString KIND_NAME ${LANG_SIMPCHINESE} "Baton 工作流"

; A program that runs can't be opened for writing.
!macro WaitUntilClosed
  ${If} ${FileExists} "$INSTDIR\Baton.exe"
    ${Do}
      ClearErrors
      FileOpen $0 "$INSTDIR\Baton.exe" a
      ${IfNot} ${Errors}
        FileClose $0
        ${ExitDo}
      ${EndIf}
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDCANCEL IDRETRY +2
      Abort
    ${Loop}
  ${EndIf}
!macroend

; Only what an installation put there; never the whole folder, a person may have chosen one with other things in it.
!macro RemoveProgram
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\Baton.exe"
  Delete "$INSTDIR\baton-cli.exe"
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_OK|MB_ICONSTOP "$(OLD_WINDOWS)" /SD IDOK
    Abort
  ${EndIf}
FunctionEnd

Section
  ; Others keep their libraries in a folder of the same name.
  ${If} ${FileExists} "$INSTDIR\_internal\*"
  ${AndIfNot} ${FileExists} "$INSTDIR\Baton.exe"
    MessageBox MB_OK|MB_ICONSTOP "$(NOT_OURS)" /SD IDOK
    Abort
  ${EndIf}
  !insertmacro WaitUntilClosed
  !insertmacro RemoveProgram ; what an older version had and this one hasn't
  SetOutPath "$INSTDIR"
  File /r "${PAYLOAD}\*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\Baton.exe"

  ; Windows knows files by what follows the last dot only: .baton is ours. For .json Baton offers itself under
  ; "Open with" and takes nothing over.
  WriteRegStr HKCU "${CLASSES}\${KIND}" "" "$(KIND_NAME)"
  WriteRegStr HKCU "${CLASSES}\${KIND}\DefaultIcon" "" "$INSTDIR\Baton.exe,0"
  WriteRegStr HKCU "${CLASSES}\${KIND}\shell\open\command" "" '"$INSTDIR\Baton.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\.baton" "" "${KIND}"
  WriteRegStr HKCU "${CLASSES}\.baton" "Content Type" "application/vnd.baton.workflow+json"
  WriteRegStr HKCU "${CLASSES}\.baton\OpenWithProgids" "${KIND}" ""
  WriteRegStr HKCU "${CLASSES}\.json\OpenWithProgids" "${KIND}" ""
  WriteRegStr HKCU "${CLASSES}\Applications\Baton.exe\shell\open\command" "" '"$INSTDIR\Baton.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\Applications\Baton.exe\SupportedTypes" ".json" ""
  WriteRegStr HKCU "${CLASSES}\Applications\Baton.exe\SupportedTypes" ".baton" ""

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\Baton.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Baton authors"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" "$0"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd

Section Uninstall
  !insertmacro WaitUntilClosed
  !insertmacro RemoveProgram
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR" ; only where nothing else is in it
  Delete "$SMPROGRAMS\${NAME}.lnk"
  DeleteRegKey HKCU "${CLASSES}\${KIND}"
  DeleteRegKey HKCU "${CLASSES}\.baton.json" ; of older versions
  ReadRegStr $0 HKCU "${CLASSES}\.baton" ""
  ${If} $0 == "${KIND}" ; nobody else has taken it over since
    DeleteRegKey HKCU "${CLASSES}\.baton"
  ${EndIf}
  DeleteRegValue HKCU "${CLASSES}\.baton\OpenWithProgids" "${KIND}"
  DeleteRegValue HKCU "${CLASSES}\.json\OpenWithProgids" "${KIND}"
  DeleteRegKey HKCU "${CLASSES}\Applications\Baton.exe"
  DeleteRegKey HKCU "${UNINSTALL}"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
  ; What a person made stays, unless that person says otherwise; without anybody to ask it stays.
  ${If} ${FileExists} "${DATA}\*"
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(ALSO_DATA)" /SD IDNO IDNO +2
    RMDir /r "${DATA}"
  ${EndIf}
SectionEnd
